// The poll: whatever webhooks do, what GitHub holds is known here after a while, and its limit is never used up by looking.

import { describe, expect, test } from 'vitest';
import { pollLoop } from '../../src/control-plane/repair/poll.ts';
import type { Job } from '../../src/domain/lifecycle/job.ts';
import type { RepairKind } from '../../src/domain/repair/repair.ts';
import { hours, minutes, seconds } from '../../src/domain/time.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';
import { matrixOf, oneJob } from '../support/workflows.ts';

const repairs = (world: ControlPlaneWorld): Promise<Readonly<Record<RepairKind, number>>> =>
  world.store.transaction((tx) => tx.repairs.count({}));

const states = async (world: ControlPlaneWorld): Promise<ReadonlySet<Job['state']>> =>
  new Set((await world.jobs()).map(({ state }) => state));

async function allDone(world: ControlPlaneWorld, count: number): Promise<boolean> {
  const jobs = await world.jobs();
  return jobs.length === count && jobs.every(({ state }) => state === 'done');
}

/** From now on no webhook comes, and GitHub has no record of any. */
const loseAll = (world: ControlPlaneWorld): void => {
  world.github.world.faults.delivery = () => ({ kind: 'never-sent' });
};
const loseNone = (world: ControlPlaneWorld): void => {
  world.github.world.faults.delivery = () => ({ kind: 'deliver' });
};
/** Of the installation's hourly limit. */
function callsLeft(world: ControlPlaneWorld): number {
  const [installation] = world.github.world.state.installations.keys();
  const { limit, remaining } = world.github.world.limits.left(String(installation));
  expect(remaining, 'it was asked').toBeLessThan(limit);
  return remaining;
}
/** When GitHub was asked for the open jobs of a repository. */
function listenForLooks(world: ControlPlaneWorld): number[] {
  const looks: number[] = [];
  world.github.world.faults.call = (operation) => {
    if (operation === 'GET runs') looks.push(world.clock.now());
    return { kind: 'none' };
  };
  return looks;
}

describe('the poll', () => {
  test('with every webhook in its place finds nothing to mend', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 4);
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(4) });
    expect(await world.until(() => allDone(world, 4), minutes(20))).toBe(true);
    expect(await repairs(world)).toMatchObject({ 'job-found-by-poll': 0, 'job-corrected-by-poll': 0 });
  });

  test('that looks while a webhook is on its way waits for it, and counts no repair', async () => {
    const world = new ControlPlaneWorld();
    world.github.world.faults.delivery = () => ({ kind: 'delay', ms: seconds(20) });
    await world.addHost('one', 1, () => ({ durationMs: minutes(5), conclusion: 'success' }));
    const pushed = world.clock
      .advance(minutes(10) - seconds(5))
      .then(() => world.github.push({ repository: 'acme/app', workflowYaml: oneJob() }));
    await pushed;
    const looks = listenForLooks(world);
    await world.clock.advance(seconds(10));
    expect(looks.length).toBeGreaterThan(0);
    expect(await world.jobs()).toEqual([]);
    expect(await world.until(() => allDone(world, 1), minutes(20))).toBe(true);
    expect(await repairs(world)).toMatchObject({ 'job-found-by-poll': 0, 'job-corrected-by-poll': 0 });
  });

  test('looks into no installation that is not on the list, whatever waits there', async () => {
    const anHour = async (alone: boolean) => {
      const world = new ControlPlaneWorld();
      loseAll(world);
      if (!alone) {
        world.github.createOrganization('globex');
        world.github.createRepository({ owner: 'globex', name: 'app', private: true });
        world.github.installApp('globex');
        await world.github.push({ repository: 'globex/app', workflowYaml: oneJob() });
      }
      const looks = listenForLooks(world);
      await world.clock.advance(hours(1));
      return { looks: looks.length, jobs: await world.jobs() };
    };
    const alone = await anHour(true);
    expect(alone.looks).toBeGreaterThan(0);
    expect(await anHour(false)).toEqual({ looks: alone.looks, jobs: [] });
  });

  test('finds a job that no webhook told of, and says so in the book and to its user', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 1);
    await world.clock.advance(minutes(1));
    loseAll(world);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    expect(await world.until(() => allDone(world, 1), minutes(20))).toBe(true);
    expect((await repairs(world))['job-found-by-poll']).toBe(1);
    const [job] = await world.jobs();
    if (job === undefined) throw new Error('no job');
    const lines = await world.store.transaction((tx) => tx.history.of({ kind: 'job', id: job.id }, 100));
    expect(lines.map(({ data }) => data.repair)).toContain('job-found-by-poll');
  });

  test('corrects a job whose start no webhook told: its VM learns of it', async () => {
    const world = new ControlPlaneWorld();
    world.github.world.faults.delivery = ({ action }) =>
      action === 'in_progress' ? { kind: 'never-sent' } : { kind: 'deliver' };
    await world.addHost('one', 1, () => ({ durationMs: minutes(20), conclusion: 'success' }));
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await world.clock.advance(minutes(4));
    expect(await states(world)).toEqual(new Set(['running']));
    expect((await repairs(world))['job-corrected-by-poll']).toBe(1);
    expect((await world.vms()).map(({ state }) => state)).toEqual(['busy']);
  });

  test('reads a job by itself that we hold open and that GitHub does not list any more', async () => {
    const world = new ControlPlaneWorld();
    world.github.world.faults.delivery = ({ action }) =>
      action === 'completed' ? { kind: 'never-sent' } : { kind: 'deliver' };
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await world.clock.advance(seconds(5));
    const run = [...world.github.world.state.runs.values()][0];
    if (run === undefined) throw new Error('no run');
    world.github.cancel(run, { force: true });
    const over = await world.until(() => allDone(world, 1), minutes(3));
    expect(over).toBe(true);
    expect((await repairs(world))['job-corrected-by-read']).toBe(1);
  });

  test('after an hour without webhooks and 500 jobs behind it, has found everything', async () => {
    const world = new ControlPlaneWorld();
    world.github.createRepository({ owner: 'acme', name: 'other', private: true });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      await world.addHost(name, 5, () => ({ durationMs: seconds(90), conclusion: 'success' }));
    }
    await world.clock.advance(minutes(1));
    loseAll(world);
    for (let push = 0; push < 5; push += 1) {
      const repository = push % 2 === 0 ? 'acme/app' : 'acme/other';
      await world.github.push({ repository, workflowYaml: matrixOf(100) });
      await world.clock.advance(minutes(12));
    }
    loseNone(world);
    for (let waited = 0; waited < 120 && !(await allDone(world, 500)); waited += 1) {
      await world.clock.advance(minutes(1));
    }
    expect(await allDone(world, 500)).toBe(true);
    const counts = await repairs(world);
    expect(counts['job-found-by-poll']).toBe(500);
    expect(callsLeft(world)).toBeGreaterThan(0);
  }, 120_000);
});

describe('a repair on demand', () => {
  test('reads every repository of the account now, also those that the pace leaves for later', async () => {
    const world = new ControlPlaneWorld({ pollAllMs: hours(9) });
    for (let n = 0; n < 60; n += 1) {
      world.github.createRepository({ owner: 'acme', name: `quiet-${n}`, private: true });
    }
    await world.addHost('one', 2);
    await world.clock.advance(minutes(1));
    loseAll(world);
    await world.github.push({ repository: 'acme/quiet-59', workflowYaml: oneJob() });
    await world.clock.advance(minutes(30));
    expect(await world.jobs()).toEqual([]);
    await pollLoop.run(world.deps, { owner: 'globex', asked: true });
    await world.clock.advance(minutes(1));
    expect(await world.jobs()).toEqual([]);
    await pollLoop.run(world.deps, { owner: 'acme', asked: true });
    await world.clock.advance(minutes(1));
    expect(await repairs(world)).toMatchObject({ 'job-found-by-poll': 1 });
  });
});

describe('the pace of the poll', () => {
  test('is fast where a job waits, slower where jobs were lately, slowest elsewhere', async () => {
    const world = new ControlPlaneWorld();
    await world.clock.advance(minutes(1));
    const looks = listenForLooks(world);
    await world.clock.advance(minutes(60));
    expect(looks.length).toBeGreaterThanOrEqual(5);
    expect(looks.length).toBeLessThanOrEqual(7);

    const run = await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await world.clock.advance(minutes(11));
    looks.length = 0;
    await world.clock.advance(minutes(10));
    expect(looks.length).toBeGreaterThanOrEqual(9);

    world.github.cancel(run, { force: true });
    await world.clock.advance(minutes(4));
    looks.length = 0;
    await world.clock.advance(minutes(30));
    expect(looks.length).toBeGreaterThanOrEqual(9);
    expect(looks.length).toBeLessThanOrEqual(11);
  });

  test('is one pace, however many control planes there are', async () => {
    const world = new ControlPlaneWorld();
    world.start({ processName: 'control-plane-2' });
    world.start({ processName: 'control-plane-3' });
    await world.clock.advance(minutes(1));
    const looks = listenForLooks(world);
    await world.clock.advance(minutes(60));
    expect(looks.length).toBeLessThanOrEqual(7);
  });

  test('falls as the limit shrinks, and leaves their share to registrations', async () => {
    const world = new ControlPlaneWorld({ lookShare: 0.5 });
    world.github.world.beliefs.requestsPerHour = 120;
    for (let n = 0; n < 30; n += 1)
      world.github.createRepository({ owner: 'acme', name: `quiet-${n}`, private: true });
    const looks = listenForLooks(world);
    await world.clock.advance(hours(3));
    expect(looks.length).toBeLessThanOrEqual(3 * 60 + 60);
    expect(looks.length).toBeGreaterThan(90);
    await world.addHost('one', 1);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    expect(await world.until(() => allDone(world, 1), minutes(10))).toBe(true);
  });

  test('is kept over a restart: nothing is read anew that was read a moment ago', async () => {
    const world = new ControlPlaneWorld();
    for (let n = 0; n < 20; n += 1)
      world.github.createRepository({ owner: 'acme', name: `quiet-${n}`, private: true });
    await world.clock.advance(minutes(1));
    world.crash();
    const looks = listenForLooks(world);
    await world.clock.advance(minutes(1));
    world.start();
    await world.clock.advance(minutes(3));
    expect(looks).toEqual([]);
  });

  test('passes over a repository that cannot be read, and comes back to it', async () => {
    const world = new ControlPlaneWorld();
    world.github.createRepository({ owner: 'acme', name: 'other', private: true });
    await world.addHost('one', 2);
    await world.clock.advance(minutes(1));
    let looks = 0;
    world.github.world.faults.call = (operation) => {
      if (operation === 'GET runs') looks += 1;
      return operation === 'GET runs' && looks % 2 === 1
        ? { kind: 'refused', status: 502 }
        : { kind: 'none' };
    };
    loseAll(world);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await world.github.push({ repository: 'acme/other', workflowYaml: oneJob('bellows-1cpu-2gb') });
    expect(await world.until(() => allDone(world, 2), minutes(30))).toBe(true);
  });

  test('goes by the repositories that it knew while GitHub does not list its installations', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 2);
    await world.clock.advance(minutes(1));
    world.github.world.faults.call = (operation) =>
      operation === 'GET installations' ? { kind: 'refused', status: 502 } : { kind: 'none' };
    loseAll(world);
    await world.clock.advance(minutes(30));
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    expect(await world.until(() => allDone(world, 1), minutes(30))).toBe(true);
  });

  test('takes no job for over because half a look did not show it', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 2, () => ({ durationMs: minutes(20), conclusion: 'success' }));
    for (const label of ['bellows-1cpu-2gb', 'bellows-1cpu-1gb'])
      await world.github.push({ repository: 'acme/app', workflowYaml: oneJob(label) });
    await world.clock.advance(minutes(2));
    let looks = 0;
    let reads = 0;
    world.github.world.faults.call = (operation) => {
      if (operation === 'GET job') reads += 1;
      if (operation !== 'GET run jobs') return { kind: 'none' };
      looks += 1;
      return looks % 2 === 0 ? { kind: 'refused', status: 502 } : { kind: 'none' };
    };
    await world.clock.advance(minutes(10));
    expect(looks).toBeGreaterThan(4);
    expect(reads).toBe(0);
    expect(await states(world)).toEqual(new Set(['running']));
  });

  test('reads those that a list lacks out of what looks may spend, and no more', async () => {
    const world = new ControlPlaneWorld({ lookShare: 0.5 });
    world.github.world.beliefs.requestsPerHour = 200;
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(150) });
    await world.clock.advance(minutes(1));
    world.github.world.faults.listMisses = (list) => list === 'jobs';
    let reads = 0;
    world.github.world.faults.call = (operation) => {
      if (operation === 'GET job') reads += 1;
      return { kind: 'none' };
    };
    await world.clock.advance(minutes(50));
    expect(reads).toBeGreaterThan(20);
    expect(callsLeft(world)).toBeGreaterThanOrEqual(100);
  });

  test('that may spend nothing has no job read for its age, which leaves the limit to what cannot wait', async () => {
    const world = new ControlPlaneWorld({ lookShare: 0.001 });
    world.github.world.beliefs.requestsPerHour = 100;
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(150) });
    await world.clock.advance(minutes(50));
    expect(callsLeft(world)).toBeGreaterThan(30);
  });
});
