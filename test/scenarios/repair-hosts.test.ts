// Hosts that fall silent: those that a machine enrolled are struck off when GitHub shows no life on them, all others wait.

import { describe, expect, test } from 'vitest';
import { hostId } from '../../src/domain/ids.ts';
import { hours, minutes, seconds } from '../../src/domain/time.ts';
import { linkCloseCodes } from '../../src/ports/agent-link.ts';
import type { JobWork } from '../../src/sim/github/in-process-runner.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';
import { matrixOf, oneJob } from '../support/workflows.ts';

/** GitHub queues both jobs and lets one start: the other's VM idles. */
const oneAtATime = matrixOf(2).replace('strategy:', 'strategy:\n      max-parallel: 1');

const auto = { auto: true } as const;
const working = (ms: number) => (): JobWork => ({ durationMs: ms, conclusion: 'success' });

const hostNames = async (world: ControlPlaneWorld): Promise<readonly string[]> =>
  (await world.store.transaction((tx) => tx.hosts.list())).map(({ name }) => name);
const removals = async (world: ControlPlaneWorld): Promise<number> =>
  (await world.store.transaction((tx) => tx.repairs.count({})))['host-removed'];
const vmStates = async (world: ControlPlaneWorld): Promise<readonly string[]> =>
  (await world.vms()).map(({ state }) => state).sort();
const conclusions = async (world: ControlPlaneWorld): Promise<readonly (string | undefined)[]> =>
  (await world.jobs()).map(({ knowledge }) => knowledge.completed?.conclusion).sort();

const becomes = (world: ControlPlaneWorld, state: string, limitMs = minutes(5)): Promise<boolean> =>
  world.until(async () => (await vmStates(world)).includes(state), limitMs);

describe('a machine-enrolled host that dies with a job in it', () => {
  test('is removed once GitHub has given the job up, and leaves nothing behind', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('spot', 1, working(hours(1)), [], auto);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    expect(await becomes(world, 'busy')).toBe(true);
    host.die();
    await world.clock.advance(minutes(14));
    expect(await hostNames(world)).toEqual(['spot']);
    expect(await vmStates(world)).not.toContain('gone');
    await world.clock.advance(minutes(8));
    expect(await hostNames(world)).toEqual([]);
    expect(await vmStates(world)).toEqual(['gone']);
    expect(await conclusions(world)).toEqual(['failure']);
    expect(await removals(world)).toBe(1);
    expect(world.github.world.state.runners.size).toBe(0);
  });

  test('keeps its VM while GitHub still believes in the job, though the host is long gone (I3)', async () => {
    const world = new ControlPlaneWorld({ removeHostAfterMs: minutes(3) });
    // What the list shows is no witness: it calls the runner idle all the while (actions/runner#4422).
    world.github.world.faults.shownIdle = () => true;
    const host = await world.addHost('spot', 1, working(hours(1)), [], auto);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    expect(await becomes(world, 'busy')).toBe(true);
    host.die();
    await world.clock.advance(minutes(9));
    const [job] = await world.jobs();
    expect(job?.state).toBe('running');
    expect(await hostNames(world)).toEqual(['spot']);
    await world.clock.advance(minutes(6));
    expect(await conclusions(world)).toEqual(['failure']);
    expect(await hostNames(world)).toEqual([]);
  });

  test('whose start no webhook told: GitHub refuses to let its runner go, and so it stays', async () => {
    const world = new ControlPlaneWorld({
      removeHostAfterMs: minutes(3),
      pollActiveMs: hours(1),
      pollLatelyMs: hours(1),
    });
    world.github.world.faults.shownIdle = () => true;
    world.github.world.faults.delivery = ({ action }) =>
      action === 'in_progress' ? { kind: 'never-sent' } : { kind: 'deliver' };
    const host = await world.addHost('spot', 1, working(hours(1)), [], auto);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    await world.clock.advance(seconds(30));
    host.die();
    await world.clock.advance(minutes(4.5));
    expect(await hostNames(world)).toEqual(['spot']);
    expect(world.github.world.state.runners.size).toBe(1);
    await world.clock.advance(minutes(20));
    expect(await hostNames(world)).toEqual([]);
    expect(await conclusions(world)).toEqual(['failure']);
  });

  test('gives its queued jobs to others at once, not after its removal', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('spot', 2, working(minutes(2)), [], { ...auto, bootMs: minutes(3) });
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(2) });
    expect(await becomes(world, 'starting')).toBe(true);
    host.die();
    await world.addHost('metal', 2, working(minutes(2)));
    const done = await world.until(
      async () => (await world.jobs()).every(({ state }) => state === 'done'),
      minutes(10),
    );
    expect(done).toBe(true);
    expect(await conclusions(world)).toEqual(['success', 'success']);
    expect(await hostNames(world)).toEqual(['metal', 'spot']);
    await world.clock.advance(minutes(15));
    expect(await hostNames(world)).toEqual(['metal']);
    expect(new Set(await vmStates(world))).toEqual(new Set(['gone']));
    expect(world.github.world.state.runners.size).toBe(0);
  });
});

describe('a silent host stays', () => {
  test('when a person enrolled it, however long it is away; its VM is what it was when it comes back', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('metal', 1, working(minutes(90)));
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    expect(await becomes(world, 'busy')).toBe(true);
    host.hangUp();
    await world.clock.advance(hours(1));
    expect(await vmStates(world)).toEqual(['unknown']);
    world.redial('metal');
    await world.clock.advance(seconds(10));
    expect(await vmStates(world)).toEqual(['busy']);
    expect(await removals(world)).toBe(0);
  });

  test('when a person enrolled it, also without a VM: somebody will mend it', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('metal', 1);
    host.die();
    await world.clock.advance(hours(3));
    expect(await hostNames(world)).toEqual(['metal']);
  });

  test('when it is cut off from us alone with an idle runner: GitHub shows it online', async () => {
    const world = new ControlPlaneWorld({ removeHostAfterMs: minutes(3) });
    const host = await world.addHost('spot', 2, working(minutes(30)), [], auto);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneAtATime });
    expect(await becomes(world, 'busy')).toBe(true);
    expect(await becomes(world, 'idle')).toBe(true);
    await world.store.transaction(async (tx) => {
      // The one with the job is on another host: the idle runner alone speaks for this one.
      const busy = (await tx.vms.list({ states: ['busy'] }, 1))[0];
      if (busy !== undefined) await tx.vms.update({ ...busy, host: hostId('host-other') });
    });
    host.hangUp();
    await world.clock.advance(minutes(8));
    expect(await hostNames(world)).toEqual(['spot']);
    expect(await vmStates(world)).toContain('unknown');
    expect(world.github.world.state.runners.size).toBe(2);
  });

  test('when it is cut off from us alone: GitHub sees its job go on, and it ends well', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('spot', 1, working(minutes(50)), [], auto);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    expect(await becomes(world, 'busy')).toBe(true);
    host.hangUp();
    await world.clock.advance(minutes(40));
    expect(await hostNames(world)).toEqual(['spot']);
    expect(await vmStates(world)).toEqual(['unknown']);
    world.redial('spot');
    const gone = await world.until(async () => (await vmStates(world)).includes('gone'), minutes(20));
    expect(gone).toBe(true);
    expect(await conclusions(world)).toEqual(['success']);
    expect(await removals(world)).toBe(0);
    expect(host.started).toHaveLength(1);
  });

  test('when GitHub cannot be asked, until it can', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('spot', 1, working(hours(1)), [], auto);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    expect(await becomes(world, 'busy')).toBe(true);
    host.die();
    world.github.world.faults.call = () => ({ kind: 'refused', status: 502 });
    await world.clock.advance(minutes(60));
    expect(await hostNames(world)).toEqual(['spot']);
    world.github.world.faults.call = () => ({ kind: 'none' });
    await world.clock.advance(minutes(20));
    expect(await hostNames(world)).toEqual([]);
  });
});

describe('a host that was removed', () => {
  test('and comes back with its VMs is told to enrol again, and its VMs are left to themselves', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('spot', 1, working(minutes(2)), [], auto);
    await world.github.push({ repository: 'acme/app', workflowYaml: oneJob() });
    expect(await becomes(world, 'busy')).toBe(true);
    host.hangUp();
    // Its job ends while we do not hear of it, and its runner with it: GitHub sees no more life on it.
    await world.clock.advance(minutes(25));
    expect(await hostNames(world)).toEqual([]);
    world.redial('spot');
    await world.clock.advance(seconds(30));
    expect(host.farewells.at(-1)).toMatchObject({
      code: linkCloseCodes.notWelcome,
      reason: expect.stringContaining('enrol it again'),
    });
    expect(host.destroyed).toEqual([]);
    expect(await vmStates(world)).toEqual(['gone']);
    expect(await conclusions(world)).toEqual(['success']);
  });

  test('was never heard of at all: it counts from its enrolment', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('spot', 1, undefined, [], auto);
    host.die();
    await world.clock.advance(minutes(14));
    expect(await hostNames(world)).toEqual(['spot']);
    await world.clock.advance(minutes(3));
    expect(await hostNames(world)).toEqual([]);
    const lines = await world.store.transaction((tx) =>
      tx.history.of({ kind: 'host', id: hostId('host-spot') }, 10),
    );
    expect(lines.map(({ data }) => data.repair)).toEqual(['host-silent', 'host-removed']);
  });

  test('is removed once by three control planes, and whole though one of them dies', async () => {
    const world = new ControlPlaneWorld();
    const host = await world.addHost('spot', 3, working(hours(1)), [], auto);
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(3) });
    expect(await becomes(world, 'busy')).toBe(true);
    world.start({ processName: 'control-plane-2' });
    world.start({ processName: 'control-plane-3' });
    host.die();
    await world.clock.advance(minutes(10));
    world.crash();
    await world.clock.advance(minutes(12));
    expect(await hostNames(world)).toEqual([]);
    expect(new Set(await vmStates(world))).toEqual(new Set(['gone']));
    expect(await removals(world)).toBe(1);
  });
});
