// Each fault alone, on the main path: a clear word to the user, nothing lost, nothing left.

import { describe, expect, test } from 'vitest';
import { imageDigest } from '../../src/domain/ids.ts';
import { hours, minutes, seconds } from '../../src/domain/time.ts';
import { ControlPlaneWorld, testSettings } from '../support/control-plane-world.ts';
import { matrixOf, oneJob } from '../support/workflows.ts';

async function settle(world: ControlPlaneWorld, jobs: number, limitMs = minutes(40)): Promise<void> {
  const over = await world.until(async () => {
    const [all, vms] = [await world.jobs(), await world.vms()];
    return (
      all.filter(({ state }) => state === 'done').length === jobs &&
      vms.every(({ state }) => state === 'gone')
    );
  }, limitMs);
  expect(over, 'every job is done and every VM is gone').toBe(true);
  expect(world.github.world.state.runners.size, 'registrations left').toBe(0);
}

const conclusions = async (world: ControlPlaneWorld): Promise<readonly (string | undefined)[]> =>
  (await world.jobs()).map(({ knowledge }) => knowledge.completed?.conclusion);

describe('deliveries', () => {
  test('sent twice, a job still gets one VM', async () => {
    const world = new ControlPlaneWorld();
    world.github.world.faults.delivery = () => ({ kind: 'double', afterMs: 400 });
    const host = await world.addHost('one', 2);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await settle(world, 1);
    expect(host.started).toHaveLength(1);
  });

  test('in reverse order, a job ends as it ended', async () => {
    const world = new ControlPlaneWorld();
    let delay = seconds(100);
    world.github.world.faults.delivery = () => {
      delay -= seconds(30);
      return { kind: 'delay', ms: Math.max(0, delay) };
    };
    await world.addHost('one', 2, () => ({ durationMs: seconds(5), conclusion: 'failure' }));
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await settle(world, 1);
    expect(await conclusions(world)).toEqual(['failure']);
  });

  test('all lost for an hour, every job still runs', async () => {
    const world = new ControlPlaneWorld();
    world.github.world.faults.delivery = () => ({ kind: 'never-sent' });
    await world.addHost('one', 4);
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(6) });
    await settle(world, 6, hours(1));
    expect(new Set(await conclusions(world))).toEqual(new Set(['success']));
  });

  test('that nobody can read are marked, and do not hold up the next', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 1);
    const bad = world.github.world.deliveries;
    bad.emit({
      event: 'workflow_job',
      action: 'queued',
      installationId: undefined,
      repositoryId: undefined,
      body: '{"a":',
    });
    bad.emit({
      event: 'star',
      action: 'created',
      installationId: undefined,
      repositoryId: undefined,
      body: '{}',
    });
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await settle(world, 1);
    const shown = await world.store.transaction((tx) => tx.deliveries.list({ state: 'unreadable' }, 10));
    expect(shown.map(({ note }) => note)).toEqual([expect.stringContaining('JSON')]);
  });
});

describe('jobs that are not to be served', () => {
  test.each([
    ['bellows-0cpu-1gb', /0cpu|processor|cpu/],
    ['bellows-999cpu-4gb', /999|cpu/],
  ])('%s waits for nothing and says why', async (label, reason) => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('one', 1);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob(label) });
    await world.clock.advance(minutes(2));
    const [job] = await world.jobs();
    expect(job?.state).toBe('foreign');
    expect(job?.waitingFor).toMatch(reason);
    expect(host.started).toEqual([]);
  });

  test("somebody else's label is foreign, and gets no VM", async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('one', 1);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob('their-own-runner') });
    await world.clock.advance(minutes(2));
    expect((await world.jobs()).map(({ state }) => state)).toEqual(['foreign']);
    expect(host.started).toEqual([]);
  });

  test('a public repository is refused by default, and told so', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('one', 1);
    world.github.createRepository({ owner: 'acme', name: 'open', private: false });
    await world.github.push({ repository: 'acme/open', workflowYaml: oneJob() });
    await world.clock.advance(minutes(2));
    expect((await world.jobs())[0]?.waitingFor).toMatch(/public/);
    expect(host.started).toEqual([]);
  });

  test('an owner that is not on the list is not served at all', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('one', 1);
    world.github.createOrganization('stranger');
    world.github.installApp('stranger');
    world.github.createRepository({ owner: 'stranger', name: 'app', private: true });
    await world.github.push({ repository: 'stranger/app', workflowYaml: oneJob() });
    await world.clock.advance(minutes(15));
    expect(await world.jobs()).toEqual([]);
    expect(host.started).toEqual([]);
  });

  test('a label that no host has waits with its reason, until a host joins that has it', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 1);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob('[bellows-2cpu-4gb, gpu]') });
    await world.clock.advance(minutes(1));
    expect((await world.jobs())[0]?.waitingFor).toBe('no host has label gpu');
    await world.addHost('two', 1, undefined, ['gpu']);
    await settle(world, 1);
  });
});

describe('the control plane', () => {
  test('killed again and again while it holds its repair loops, runs each of them once afterwards', async () => {
    const world = new ControlPlaneWorld();
    world.github.world.faults.call = () => ({ kind: 'delay', ms: seconds(20) });
    for (let death = 0; death < 5; death += 1) {
      await world.clock.advance(seconds(2));
      world.crash();
      world.start();
    }
    await world.clock.advance(minutes(1));
    const takenOver = await world.store.transaction((tx) =>
      tx.repairs.list({ kinds: ['task-taken-over'] }, { limit: 100 }),
    );
    const polls = takenOver.filter(({ subject }) => subject.id === 'repair poll');
    expect(polls).toHaveLength(1);
    const tasks = await world.store.transaction((tx) => tx.tasks.list(1000));
    const loops = tasks.flatMap(({ what }) => (what.kind === 'repair' ? [what.loop] : []));
    expect(loops.length).toBe(new Set(loops).size);
  });

  test('killed with jobs queued, booting and running, takes all of them up again', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('one', 2, () => ({ durationMs: minutes(3), conclusion: 'success' }));
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(5) });
    for (const pause of [10, 1_500, 2_000, seconds(40), minutes(4)]) {
      await world.clock.advance(pause);
      world.crash();
      await world.clock.advance(seconds(20));
      world.start();
    }
    await settle(world, 5, hours(2));
    expect(await conclusions(world)).toEqual(Array.from({ length: 5 }, () => 'success'));
    expect(host.started.length).toBeLessThanOrEqual(8);
  });
});

describe('a full fleet', () => {
  test('is why a job waits, and no longer when its VM has a host', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 1, () => ({ durationMs: minutes(2), conclusion: 'success' }));
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(2) });
    await world.clock.advance(minutes(1));
    const waiting = async () => (await world.jobs()).find(({ state }) => state === 'queued');
    expect((await waiting())?.waitingFor).toBe('full: 1 of 1 hosts');
    const boots = await world.until(
      async () => (await world.vms()).some(({ state }) => state === 'placed' || state === 'starting'),
      minutes(5),
    );
    expect(boots).toBe(true);
    expect(await waiting()).toMatchObject({ state: 'queued', waitingFor: '' });
    await settle(world, 2);
  });
});

describe('an image that no host has', () => {
  test('is told to the job that waits, which runs when the operator has named another', async () => {
    const world = new ControlPlaneWorld({ image: imageDigest(`sha256:${'2'.repeat(64)}`) });
    const host = await world.addHost('one', 1);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await world.clock.advance(minutes(10));
    expect((await world.jobs())[0]?.waitingFor).toBe('no host has image sha256:222222222222');
    world.crash();
    world.start({ image: testSettings.image });
    await settle(world, 1);
    expect(host.started).toHaveLength(1);
  });
});

describe('GitHub', () => {
  test('loses the answer to a registration: the name is given up and the VM still runs its job', async () => {
    const world = new ControlPlaneWorld();
    let lost = 0;
    world.github.world.faults.call = (operation) =>
      operation.includes('generate-jitconfig') && lost++ < 1 ? { kind: 'lost-answer' } : { kind: 'none' };
    await world.addHost('one', 1);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await settle(world, 1);
    expect(lost).toBeGreaterThan(1);
    expect((await world.vms())[0]?.runnerName).toMatch(/\.2$/);
  });

  test('answers 502 for five minutes: every job runs afterwards', async () => {
    const world = new ControlPlaneWorld();
    const end = world.clock.now() + minutes(5);
    world.github.world.faults.call = () =>
      world.clock.now() < end ? { kind: 'refused', status: 502 } : { kind: 'none' };
    await world.addHost('one', 2);
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(3) });
    await settle(world, 3, hours(1));
  });

  test('cancels a run while its VMs boot: the VMs are given back, and nothing ran', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 3);
    const run = await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(3) });
    await world.clock.advance(seconds(1));
    world.github.cancel(run);
    await settle(world, 3);
    expect(new Set(await conclusions(world))).toEqual(new Set(['cancelled']));
  });

  test('calls a busy runner idle: its VM is not destroyed', async () => {
    const world = new ControlPlaneWorld();
    world.github.world.faults.shownIdle = () => true;
    await world.addHost('one', 2, () => ({ durationMs: minutes(30), conclusion: 'success' }));
    world.github.world.faults.delivery = ({ action }) =>
      action === 'in_progress' ? { kind: 'never-sent' } : { kind: 'deliver' };
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(2) });
    await settle(world, 2, hours(2));
    expect(await conclusions(world)).toEqual(['success', 'success']);
  });
});

describe('a host', () => {
  test('that goes silent takes no new VMs, and comes back with the ones that it has', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('one', 1, () => ({ durationMs: minutes(10), conclusion: 'success' }));
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await world.clock.advance(seconds(30));
    host.hangUp();
    await world.clock.advance(minutes(3));
    expect((await world.vms()).map(({ state }) => state)).toEqual(['unknown']);
    world.redial('one');
    await world.clock.advance(seconds(10));
    expect((await world.vms()).map(({ state }) => state)).toEqual(['busy']);
    await settle(world, 1);
    expect(host.started).toHaveLength(1);
  });
});
