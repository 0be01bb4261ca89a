// GitHub's status page as a witness: a control plane whose jobs GitHub gives to their runners late holds what it saw against
// what the page told, whether that came late, never, or could not be read.

import { expect, test } from 'vitest';
import { listIncidents } from '../../src/control-plane/requests/incidents.ts';
import { admin } from '../../src/domain/access/caller.ts';
import { minutes, seconds } from '../../src/domain/time.ts';
import type { StatusFeedFault } from '../../src/sim/github/status-page.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';
import { oneJob } from '../support/workflows.ts';

const limit = 120_000;

async function answerOf(world: ControlPlaneWorld) {
  const asked = { params: {}, query: { limit: 10 }, body: undefined };
  const answer = await listIncidents(world.deps, asked, admin);
  if (!answer.ok) throw new Error('refused');
  return answer.value;
}

/** A run each minute, which takes seconds. */
async function push(world: ControlPlaneWorld, runs: number): Promise<void> {
  for (let run = 0; run < runs; run += 1) {
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await world.clock.advance(minutes(1));
  }
}

/** GitHub is as usual for some time; then it gives jobs late, and the page is kept in this way. */
async function lateAssignments(page: StatusFeedFault): Promise<ControlPlaneWorld> {
  const world = new ControlPlaneWorld();
  await world.addHost('one', 4, () => ({ durationMs: seconds(5), conclusion: 'success' }));
  await push(world, 90);
  expect(await answerOf(world)).toMatchObject({ incidents: [], statusPage: { state: 'read', troubles: [] } });
  world.github.world.faults.statusFeed = () => page;
  world.github.world.faults.assignmentDelayMs = () => seconds(60);
  world.github.statusPage.set('Actions', 'degraded_performance', 'Jobs start late');
  const isOpen = async () => (await answerOf(world)).incidents.length > 0;
  for (let minute = 0; minute < 20 && !(await isOpen()); minute += 1) await push(world, 1);
  await world.clock.advance(seconds(20));
  return world;
}

/** GitHub is as usual again, until nothing is open any more. */
async function heal(world: ControlPlaneWorld): Promise<void> {
  world.github.world.faults.assignmentDelayMs = () => 0;
  world.github.statusPage.set('Actions', 'operational');
  const isOver = async () =>
    (await answerOf(world)).incidents.every(({ closedAt }) => closedAt !== undefined);
  for (let minute = 0; minute < 60 && !(await isOver()); minute += 1) await push(world, 1);
  expect(await isOver()).toBe(true);
}

test('the page tells it later than we saw it, and that is said', { timeout: limit }, async () => {
  const world = await lateAssignments({ kind: 'late', ms: minutes(25) });
  expect(await answerOf(world)).toMatchObject({
    incidents: [{ owner: 'github-assignment', githubStatus: { says: 'nothing', troubles: [] } }],
  });
  await push(world, 25);
  const [incident] = (await answerOf(world)).incidents;
  expect(incident?.githubStatus).toMatchObject({
    says: 'same',
    troubles: [{ component: 'Actions', status: 'degraded_performance', title: 'Jobs start late' }],
  });
  expect(incident?.githubStatus?.aheadMs).toBeGreaterThan(minutes(1));
  expect(incident?.githubStatus?.words).toMatch(/says the same .*; we saw it \d+ minutes before\./);
  world.github.world.faults.statusFeed = () => ({ kind: 'honest' });
  await heal(world);
  const { incidents, statusPage } = await answerOf(world);
  expect(incidents[0]).toMatchObject({ githubStatus: { says: 'same' }, closedAt: expect.any(String) });
  expect(statusPage?.troubles).toEqual([]);
});

test('a page that is silent through it acquits nobody', { timeout: limit }, async () => {
  const world = await lateAssignments({ kind: 'silent' });
  await push(world, 3);
  await heal(world);
  expect((await answerOf(world)).incidents).toMatchObject([
    { owner: 'github-assignment', githubStatus: { says: 'nothing' } },
  ]);
});

test.each(['down', 'garbage'] as const)(
  'a page that is %s is said to be, and what it tells later is heard',
  { timeout: limit },
  async (kind) => {
    const world = await lateAssignments({ kind });
    expect(await answerOf(world)).toMatchObject({
      incidents: [{ owner: 'github-assignment', githubStatus: { says: 'unreachable' } }],
      statusPage: { state: 'unreachable' },
    });
    world.github.world.faults.statusFeed = () => ({ kind: 'honest' });
    await push(world, 12);
    expect(await answerOf(world)).toMatchObject({
      incidents: [{ githubStatus: { says: 'same' } }],
      statusPage: { state: 'read', troubles: [{ component: 'Actions' }] },
    });
  },
);
