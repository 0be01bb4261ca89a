// The reaper: a VM without work is given back, and each clause of the rule by which it may be destroyed is tried alone
// (docs/architecture.md): (a) GitHub's 204 and the guest's word after it, (b) the runner ended, (c) the job is completed and a
// grace period over, (d) the hard deadline.

import { describe, expect, test } from 'vitest';
import { defaultTiming } from '../../src/domain/lifecycle/deadlines.ts';
import type { Vm } from '../../src/domain/lifecycle/vm.ts';
import { hours, minutes, seconds } from '../../src/domain/time.ts';
import type { JobWork } from '../../src/sim/github/in-process-runner.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';
import { matrixOf, oneJob } from '../support/workflows.ts';

/** GitHub queues both jobs and lets one start: the other's VM idles. */
const oneAtATime = matrixOf(2).replace('strategy:', 'strategy:\n      max-parallel: 1');
const working =
  (ms: number, over: Partial<JobWork> = {}) =>
  (): JobWork => ({
    durationMs: ms,
    conclusion: 'success',
    ...over,
  });

const vmIn = async (world: ControlPlaneWorld, ...states: readonly Vm['state'][]): Promise<Vm | undefined> =>
  (await world.vms()).find(({ state }) => states.includes(state));
const rules = async (world: ControlPlaneWorld): Promise<readonly (string | undefined)[]> =>
  (await world.vms()).map(({ tombstone }) => tombstone?.rule).sort();

const reaped = async (world: ControlPlaneWorld): Promise<readonly string[]> =>
  (await world.store.transaction((tx) => tx.repairs.list({ kinds: ['vm-reaped'] }, { limit: 9 }))).map(
    ({ cause }) => cause,
  );

/** A world with one VM at a long job and one that idles. */
async function withIdleVm(settings?: ConstructorParameters<typeof ControlPlaneWorld>[0], exitMs = 0) {
  const world = new ControlPlaneWorld(settings);
  // GitHub's own eviction of idle runners stays out of the way.
  world.github.world.beliefs.idleEvictionMs = hours(20);
  const host = await world.addHost('one', 2, working(hours(2)), [], { exitMs });
  await world.github.push({ repository: 'acme/app', workflowYaml: oneAtATime });
  const idles = await world.until(
    async () => (await vmIn(world, 'idle')) !== undefined && (await vmIn(world, 'busy')) !== undefined,
    minutes(2),
  );
  expect(idles).toBe(true);
  const vm = await vmIn(world, 'idle');
  if (vm === undefined) throw new Error('no idle VM');
  const now = async (): Promise<Vm | undefined> => world.store.transaction((tx) => tx.vms.get(vm.id));
  return { world, host, vm, now };
}

const answerDeletions = (world: ControlPlaneWorld, status: number): void => {
  world.github.world.faults.call = (operation) =>
    operation.startsWith('DELETE') ? { kind: 'refused', status } : { kind: 'none' };
};

describe('an idle VM', () => {
  test('is given back after five minutes, with the consent of GitHub and of its guest (a)', async () => {
    const { world, now } = await withIdleVm({}, seconds(3));
    await world.clock.advance(minutes(4.5));
    expect((await now())?.state).toBe('idle');
    await world.clock.advance(minutes(1));
    expect(await now()).toMatchObject({
      state: 'gone',
      tombstone: { rule: 'deletion-consented' },
      release: { deletion: { answer: 'deleted' }, worker: { alive: false } },
    });
    expect(await reaped(world)).toEqual(['idle']);
  });

  test('whose runner hears of its deletion before anybody asks has ended by itself, and was reaped all the same', async () => {
    const { world, now } = await withIdleVm();
    await world.clock.advance(minutes(5.5));
    expect(await now()).toMatchObject({ state: 'gone', tombstone: { rule: 'runner-ended' } });
    expect(await reaped(world)).toEqual(['idle']);
  });

  test('is given back after the time that the operator set', async () => {
    const { world, now } = await withIdleVm({ timing: { ...defaultTiming, idleMs: minutes(30) } });
    await world.clock.advance(minutes(29));
    expect((await now())?.state).toBe('idle');
    await world.clock.advance(minutes(2));
    expect((await now())?.state).toBe('gone');
  });

  test('stays while GitHub says 422 to its deletion, whatever the list shows', async () => {
    const { world, now } = await withIdleVm();
    answerDeletions(world, 422);
    await world.clock.advance(hours(1));
    expect((await now())?.state).toBe('idle');
    expect((await now())?.tombstone).toBeUndefined();
  });

  test('stays while GitHub says 404 and its guest that the runner lives: 404 is no consent', async () => {
    const { world, now } = await withIdleVm();
    answerDeletions(world, 404);
    await world.clock.advance(hours(1));
    expect(await now()).toMatchObject({ state: 'idle', release: { deletion: { answer: 'absent' } } });
    expect((await now())?.tombstone).toBeUndefined();
  });

  test('stays while GitHub does not answer at all', async () => {
    const { world, now } = await withIdleVm();
    answerDeletions(world, 502);
    await world.clock.advance(hours(1));
    expect(await now()).toMatchObject({ state: 'idle', release: { why: expect.any(String) } });
    expect((await now())?.tombstone).toBeUndefined();
  });

  test('stays while its host cannot pass on the question to its guest, though GitHub consented', async () => {
    const { world, host, now } = await withIdleVm({ hostSilenceMs: hours(9) });
    host.hangUp();
    expect(await world.until(async () => (await now())?.release?.deletion !== undefined, minutes(9))).toBe(
      true,
    );
    await world.clock.advance(minutes(30));
    expect(await now()).toMatchObject({ state: 'idle', release: { deletion: { answer: 'deleted' } } });
    expect((await now())?.tombstone).toBeUndefined();
    world.redial('one');
    await world.clock.advance(seconds(30));
    expect(await now()).toMatchObject({ state: 'gone' });
  });

  test('whose runner GitHub evicts has ended by itself (b)', async () => {
    const { world, vm, now } = await withIdleVm({ timing: { ...defaultTiming, idleMs: hours(1) } });
    const runner = [...world.github.world.state.runners.values()].find(({ name }) => name === vm.runnerName);
    if (runner === undefined) throw new Error('not registered');
    world.github.evict(runner);
    await world.clock.advance(minutes(2));
    expect(await now()).toMatchObject({ state: 'gone', tombstone: { rule: 'runner-ended' } });
  });
});

describe('a VM with a job', () => {
  test('outlives the deletion that GitHub granted by mistake: its guest says that a worker lives (a)', async () => {
    const world = new ControlPlaneWorld({ hostSilenceMs: hours(9) });
    world.github.world.beliefs.deletionOfBusyRunner = '204';
    let jobs = 0;
    const host = await world.addHost('one', 2, () => {
      jobs += 1;
      return { durationMs: jobs === 1 ? minutes(3) : minutes(40), conclusion: 'success' };
    });
    await world.github.push({ repository: 'acme/app', workflowYaml: oneAtATime });
    expect(await world.until(async () => (await vmIn(world, 'idle')) !== undefined, minutes(2))).toBe(true);
    const vm = await vmIn(world, 'idle');
    const now = async () => (await world.vms()).find(({ id }) => id === vm?.id);
    // The idle VM gets the second job, and neither its host nor GitHub tells us: it seems to idle.
    host.hangUp();
    world.github.world.faults.delivery = ({ action }) =>
      action === 'in_progress' ? { kind: 'never-sent' } : { kind: 'deliver' };
    world.github.world.faults.call = (operation) =>
      operation === 'GET runs' || operation === 'GET job'
        ? { kind: 'refused', status: 502 }
        : { kind: 'none' };
    await world.clock.advance(minutes(6));
    expect(await now()).toMatchObject({ state: 'idle', release: { deletion: { answer: 'deleted' } } });
    world.redial('one');
    await world.clock.advance(minutes(30));
    expect(await now()).toMatchObject({ release: { worker: { alive: true } } });
    expect((await now())?.tombstone).toBeUndefined();
    await world.clock.advance(minutes(15));
    expect(await now()).toMatchObject({ state: 'gone', tombstone: { rule: 'runner-ended' } });
    expect((await world.jobs()).map(({ knowledge }) => knowledge.completed?.conclusion)).toEqual([
      'success',
      'success',
    ]);
  });

  test('whose runner stays after its job is destroyed when the grace period is over (c)', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('one', 1, working(minutes(2), { lingerMs: Number.POSITIVE_INFINITY }));
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    const completed = await world.until(
      async () => (await world.vms())[0]?.jobCompletedAt !== undefined,
      minutes(5),
    );
    expect(completed).toBe(true);
    await world.clock.advance(seconds(50));
    expect((await world.vms())[0]).toMatchObject({ state: 'busy' });
    await world.clock.advance(seconds(20));
    expect(await rules(world)).toEqual(['job-completed']);
    expect(await vmIn(world, 'gone')).toBeDefined();
  });

  test('is destroyed at its hard deadline, with a warning before (d)', async () => {
    const timing = { ...defaultTiming, lifetimeMs: hours(1), lifetimeWarningMs: minutes(15) };
    const world = new ControlPlaneWorld({ timing });
    await world.addHost('one', 1, working(hours(9)));
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await world.clock.advance(minutes(46));
    const [vm] = await world.vms();
    if (vm === undefined) throw new Error('no VM');
    const told = async (): Promise<readonly string[]> =>
      (await world.store.transaction((tx) => tx.history.of({ kind: 'vm', id: vm.id }, 100))).map(
        ({ event }) => event,
      );
    expect(await told()).toContain('hard-deadline-near');
    expect(vm.state).toBe('busy');
    await world.clock.advance(minutes(13));
    expect((await world.vms())[0]?.state).toBe('busy');
    await world.clock.advance(minutes(2));
    expect(await rules(world)).toEqual(['hard-deadline']);
    expect(await vmIn(world, 'gone')).toBeDefined();
  });
});
