// The agent's ordinary life, on a simulated host and a virtual clock.

import { describe, expect, it } from 'vitest';
import { AgentWorld, idleRunner, jitSecret, partsOfVm, testVm } from '../../test/support/agent-world.ts';
import { minutes, seconds } from '../domain/time.ts';

const wholeLife = [
  'process-up',
  'guest-up',
  'handed',
  'runner-listening',
  'job-started',
  'job-ended',
  'runner-exited',
];

async function started(options: ConstructorParameters<typeof AgentWorld>[0] = {}): Promise<AgentWorld> {
  const world = new AgentWorld(options);
  await world.startAgent();
  await world.until(() => world.socket !== undefined);
  return world;
}

describe('an agent', () => {
  it('leads a VM from its order to its end, and nothing is left', async () => {
    const world = await started();
    world.order({});
    expect(await world.until(() => world.heard('guest-up'))).toBe(true);
    expect(world.observed?.vms).toEqual([{ vm: testVm, state: 'booted' }]);
    await world.orderWithJit({});
    expect(await world.until(() => world.heard('runner-exited'))).toBe(true);
    expect(world.story()).toEqual(wholeLife);
    expect(world.host.guest(testVm)?.jits).toEqual([jitSecret]);
    world.bury(testVm);
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    expect(world.host.leftovers()).toEqual([]);
    await world.clock.advance(seconds(30));
    expect(world.observed?.vms).toEqual([]);
    expect(world.events.map(({ number }) => number)).toEqual(world.events.map((_, index) => index + 1));
  });

  it('writes the JIT configuration nowhere, sealed or not (I8)', async () => {
    const world = await started();
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-exited'));
    const sealed = world.vms[0]?.sealedJit ?? 'absent';
    for (const text of [world.journal.text(), world.logged.join('\n'), JSON.stringify(world.events)]) {
      expect(text).not.toContain(jitSecret);
      expect(text).not.toContain(sealed);
    }
  });

  it('measures each step and passes on the phases of the guest', async () => {
    const world = await started();
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-exited'));
    world.bury(testVm);
    await world.until(() => world.heard('gone'));
    const phases = world.events.flatMap(({ event }) => (event.kind === 'phase' ? [event.phase] : []));
    for (const phase of [
      'image',
      'disk',
      'folder',
      'start',
      'boot',
      'kernel',
      'init',
      'network',
      'agent',
      'stop',
    ])
      expect(phases).toContain(phase);
    expect(new Set(phases).size).toBe(phases.length);
  });

  it('measures no step below zero when the clock of its host is put back meanwhile', async () => {
    const world = await started({ host: { startMs: () => 5000 } });
    world.order({});
    await world.clock.advance(seconds(2));
    world.clockErrorMs = -minutes(20);
    expect(await world.until(() => world.heard('guest-up'))).toBe(true);
    const measured = world.events.flatMap(({ event }) => (event.kind === 'phase' ? [event.ms] : []));
    expect(measured.length).toBeGreaterThan(4);
    expect(Math.min(...measured)).toBe(0);
  });

  it('answers each question about the worker once, after it was asked', async () => {
    const world = await started({ runner: () => idleRunner });
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    const asked = world.clock.now();
    const [vm] = world.vms;
    world.order({ ...vm, question: 'after-1' });
    expect(await world.until(() => world.heard('worker'))).toBe(true);
    expect(world.event('worker')).toMatchObject({ question: 'after-1', alive: false, runnerAlive: true });
    expect(world.event('worker')?.askedAt).toBeGreaterThanOrEqual(asked);
    await world.clock.advance(seconds(60));
    world.order({ ...vm, question: 'after-2' });
    await world.clock.advance(seconds(10));
    expect(world.kinds().filter((kind) => kind === 'worker')).toHaveLength(2);
  });

  it('gives a runner that may still work time to say goodbye, and no other', async () => {
    const world = await started({ runner: () => idleRunner });
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    world.bury(testVm, 'operator-force');
    await world.until(() => world.heard('gone'));
    expect(world.story()).toContain('runner-exited');

    const other = await started({ runner: () => idleRunner });
    await other.orderWithJit({});
    await other.until(() => other.heard('runner-listening'));
    other.bury(testVm, 'deletion-consented');
    await other.until(() => other.heard('gone'));
    expect(other.story()).not.toContain('runner-exited');
  });

  it('destroys a deaf guest after the grace', async () => {
    const world = await started({ runner: () => idleRunner, host: { behaviour: () => ({ deaf: true }) } });
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    const before = world.clock.now();
    world.bury(testVm, 'job-completed');
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    expect(world.clock.now() - before).toBeGreaterThanOrEqual(seconds(45));
    expect(world.host.leftovers()).toEqual([]);
  });

  it('ends a VM at its hard deadline by itself, with a warning before, also when the control plane is away', async () => {
    const world = await started({ runner: () => idleRunner });
    await world.orderWithJit({ lifetimeMs: minutes(30) });
    await world.until(() => world.heard('runner-listening'));
    world.reachable = false;
    world.socket?.close(1001, 'restart');
    await world.clock.advance(minutes(16));
    expect(world.logged.join('\n')).toContain('warn VM near its hard deadline');
    expect(world.host.leftovers()).not.toEqual([]);
    await world.clock.advance(minutes(16));
    expect(world.host.leftovers()).toEqual([]);
    world.reachable = true;
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    expect(world.event('failed')).toMatchObject({
      reason: 'it lived 30 min, and GitHub gave its runner no job',
      owner: 'github',
    });
  });

  it('shows the last lines of a log, also of a VM that is gone', async () => {
    const world = await started();
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-exited'));
    world.bury(testVm);
    await world.until(() => world.heard('gone'));
    world.say({ type: 'read-log', request: 'r', vm: testVm, lines: 100 });
    await world.clock.advance(100);
    expect(world.logs.some((line) => line.endsWith('runner: √ Connected to GitHub'))).toBe(true);
    expect(world.logs.some((line) => line.includes('the VM is being stopped (runner-ended)'))).toBe(true);
  });

  it('lets only so many boot at once, first come, first served', async () => {
    const world = await started({ agent: { offer: { maxBooting: 1 } }, runner: () => idleRunner });
    await world.orderWithJit({}, {}, {});
    await world.until(() => world.observed?.vms.length === 3);
    let most = 0;
    await world.until(() => {
      const booting = world.observed?.vms.filter(({ state }) => state === 'starting').length ?? 0;
      most = Math.max(most, booting);
      return ['1', '2', '3'].every((n) => world.heard('runner-listening', `vm-00000000000${n}`));
    });
    expect(most).toBe(1);
    const order = world.events.filter(({ event }) => event.kind === 'process-up').map(({ vm }) => vm.at(-1));
    expect(order).toEqual(['1', '2', '3']);
  });

  it('comes back to a control plane that was away, and tells what happened meanwhile once', async () => {
    const world = await started();
    world.acknowledges = false;
    await world.orderWithJit({});
    await world.until(() => world.heard('guest-up'));
    world.reachable = false;
    world.socket?.close(1001, 'restart');
    await world.clock.advance(minutes(3));
    world.reachable = true;
    world.acknowledges = true;
    expect(await world.until(() => world.heard('runner-exited'))).toBe(true);
    expect(world.story()).toEqual(wholeLife);
    await world.clock.advance(seconds(20));
    expect(world.observed?.events).toEqual([]);
  });

  it('stops without touching its VMs; the next one takes them up with all that they said meanwhile', async () => {
    const world = await started();
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    await Promise.all([world.agent?.stop(), world.clock.advance(100)]);
    await world.clock.advance(minutes(2));
    expect(world.host.leftovers()).toHaveLength(partsOfVm);
    expect(world.story()).not.toContain('job-ended');
    await world.startAgent();
    expect(await world.until(() => world.heard('runner-exited'))).toBe(true);
    expect(world.story()).toEqual(wholeLife);
    expect(world.host.guest(testVm)?.jits).toEqual([jitSecret]);
  });
});
