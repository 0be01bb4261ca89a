// The host reboots under its VMs, or its agent is replaced by another version while they run.

import { describe, expect, it } from 'vitest';
import { AgentWorld, idleRunner, oneJob, testImage, testVm } from '../../test/support/agent-world.ts';
import { vmId } from '../domain/ids.ts';
import { minutes, seconds } from '../domain/time.ts';

const second = vmId('vm-000000000002');

async function withJob(): Promise<AgentWorld> {
  const world = new AgentWorld({ runner: (clock) => oneJob(clock, minutes(5)) });
  await world.startAgent();
  await world.until(() => world.socket !== undefined);
  await world.orderWithJit({});
  expect(await world.until(() => world.heard('job-started'))).toBe(true);
  return world;
}

describe('a host that is rebooted under a job', () => {
  it('says so of each VM, and when, and that it was the host; and nothing is left', async () => {
    const world = await withJob();
    await world.clock.advance(seconds(10));
    world.killAgent();
    world.host.reboot();
    const rebootedAt = new Date(world.clock.now()).toISOString();
    await world.clock.advance(seconds(40));
    await world.startAgent();
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    expect(world.event('failed')).toEqual({
      kind: 'failed',
      reason: `the host was rebooted at ${rebootedAt}`,
      owner: 'host',
    });
    expect(world.host.leftovers()).toEqual([]);
    expect(world.logged.some((line) => line.includes('the host was rebooted'))).toBe(true);
  });

  it('takes what was ordered and not begun as if nothing had been', async () => {
    const world = await withJob();
    await world.orderWithJit({}, {});
    world.killAgent();
    world.host.reboot();
    await world.startAgent();
    expect(await world.until(() => world.heard('job-started', second))).toBe(true);
    expect(world.heard('failed', second)).toBe(false);
    expect(world.heard('failed')).toBe(true);
  });

  it('is told once, by whichever agent comes to it, at whichever call the one before was killed', async () => {
    for (let call = 1; call <= 30; call += 1) {
      const world = await withJob();
      world.killAgent();
      world.host.reboot();
      await world.startAgent({ call, kind: 'crash-after' });
      await world.clock.advance(seconds(5));
      world.killAgent();
      await world.startAgent();
      expect(await world.until(() => world.heard('gone'))).toBe(true);
      expect(world.story().filter((kind) => kind === 'failed')).toHaveLength(1);
      expect(world.event('failed')).toMatchObject({ owner: 'host' });
      expect(world.event('failed')?.reason).toMatch(/^the host was rebooted at/);
    }
  });

  it('keeps its VMs when it was only the agent that went', async () => {
    const world = await withJob();
    world.killAgent();
    await world.startAgent();
    expect(await world.until(() => world.heard('runner-exited'), minutes(10))).toBe(true);
    expect(world.heard('failed')).toBe(false);
  });

  it('begins nothing before it is written down which boot it is', async () => {
    const world = new AgentWorld({ runner: () => idleRunner });
    world.journalFull = true;
    await world.startAgent();
    await world.until(() => world.socket !== undefined);
    world.order({});
    await world.clock.advance(minutes(1));
    expect(world.host.leftovers()).toEqual([]);
    world.journalFull = false;
    expect(await world.until(() => world.heard('guest-up'))).toBe(true);
    const kinds = (await world.journal.read()).map((entry) => Reflect.get(Object(entry), 'kind'));
    expect(kinds[0]).toBe('host-booted');
  });
});

it('a VM whose process went while no agent was there is not blamed on the workflow', async () => {
  const world = await withJob();
  world.killAgent();
  world.host.crash(testVm);
  await world.startAgent();
  expect(await world.until(() => world.heard('gone'))).toBe(true);
  expect(world.event('failed')).toMatchObject({ owner: 'host', reason: expect.stringContaining('no agent') });
});

describe('an agent of another version', () => {
  /** As version 0.4 wrote it: no boot of the host, no steps for network and cage. */
  const snapshot = (over: object) => ({
    kind: 'snapshot',
    state: {
      epoch: 'epoch-1',
      generation: 0,
      lastNumber: 7,
      events: [{ number: 7, at: 1, vm: testVm, event: { kind: 'runner-listening' } }],
      vms: [],
      gone: [{ vm: 'vm-00000000gone', at: 1 }],
      ...over,
    },
  });

  it('takes over while a job runs, and says its own version', async () => {
    const world = await withJob();
    expect(world.observed?.agentVersion).toBe('0.0.0');
    world.killAgent();
    world.version = '0.9.9';
    await world.startAgent();
    expect(await world.until(() => world.observed?.agentVersion === '0.9.9')).toBe(true);
    expect(await world.until(() => world.heard('runner-exited'), minutes(10))).toBe(true);
    expect(world.event('runner-exited')).toMatchObject({ ranJob: true, code: 0 });
    expect(world.runs).toHaveLength(1);
  });

  it('reads the journal of an older one, and goes on with its VMs', async () => {
    const world = new AgentWorld();
    const record = {
      vm: testVm,
      spec: {
        vm: testVm,
        vcpus: 2,
        milliCpus: 2000,
        memoryMib: 2048,
        diskGib: 10,
        burstable: false,
        image: testImage,
        hostname: 'runner-1',
        idleTimeoutMs: 300_000,
        bootTimeoutMs: 60_000,
        lifetimeMs: 3_600_000,
      },
      acceptedAt: 1,
      begun: ['image', 'disk', 'folder'],
      boots: 0,
      up: false,
      guestUp: false,
      configured: false,
      handed: false,
      jobStarted: false,
      warned: false,
      answered: [],
      said: ['phase image', 'phase disk'],
    };
    await world.journal.append([snapshot({ vms: [record] })]);
    await world.startAgent();
    await world.until(() => world.observed !== undefined);
    expect(world.observed?.events.map(({ number }) => number)).toEqual([7]);
    await world.orderWithJit({});
    expect(await world.until(() => world.heard('runner-exited'))).toBe(true);
    expect(world.heard('failed')).toBe(false);
  });
});
