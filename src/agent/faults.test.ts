// What goes wrong on a host: images, disks, VMMs, guests that hang, shout or lie. Each ends in a clear word and an empty host.

import { describe, expect, it } from 'vitest';
import {
  AgentWorld,
  idleRunner,
  jitSecret,
  partsOfVm,
  testImage,
  testVm,
} from '../../test/support/agent-world.ts';
import { vmId } from '../domain/ids.ts';
import { hours, minutes, seconds } from '../domain/time.ts';

async function started(options: ConstructorParameters<typeof AgentWorld>[0] = {}): Promise<AgentWorld> {
  const world = new AgentWorld(options);
  await world.startAgent();
  await world.until(() => world.socket !== undefined);
  return world;
}

async function failsWith(world: AgentWorld, reason: RegExp, owner: string): Promise<void> {
  expect(await world.until(() => world.heard('gone'), minutes(10))).toBe(true);
  expect(world.event('failed')?.reason).toMatch(reason);
  expect(world.event('failed')?.owner).toBe(owner);
  expect(world.host.leftovers()).toEqual([]);
  const count = world.kinds().filter((kind) => kind === 'failed' || kind === 'gone').length;
  expect(count).toBe(2);
}

describe('a host that cannot', () => {
  it('lacks the image: says which, and how to mend it', async () => {
    const world = await started();
    world.host.images.clear();
    world.order({});
    await failsWith(world, /image sha256:a+ is not on this host: build or pull it there/, 'host');
  });

  it('has a full disk', async () => {
    const world = await started();
    world.host.diskFull = true;
    world.order({});
    await failsWith(world, /0 MiB left: free some space/, 'host');
  });

  it('has a VMM that refuses', async () => {
    const world = await started();
    world.host.refusesStart = 'qemu: could not access KVM kernel module';
    world.order({});
    await failsWith(world, /could not access KVM/, 'host');
  });

  it('has too little memory left: refuses, and the VMs that are there go on', async () => {
    const world = await started({ host: { facts: { memoryMib: 6 * 1024 } }, runner: () => idleRunner });
    await world.until(() => world.observed !== undefined);
    expect(world.observed?.capacity.memoryMib).toBe(5 * 1024);
    await world.orderWithJit({ memoryMib: 3072 }, { memoryMib: 3072 });
    const second = vmId('vm-000000000002');
    await world.until(() => world.heard('gone', second));
    expect(world.event('failed', second)).toEqual({
      kind: 'failed',
      reason: 'this host has 2048 MiB of memory left for VMs, and it needs 3072 MiB',
      owner: 'fleet',
    });
    expect(await world.until(() => world.heard('runner-listening'))).toBe(true);
  });

  it('cannot write its journal does nothing that is not written down, and goes on when it can', async () => {
    const world = await started();
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    world.journalFull = true;
    await world.clock.advance(minutes(5));
    expect(world.story()).not.toContain('job-started');
    expect(world.logged.join('\n')).toContain('no space left');
    world.journalFull = false;
    expect(await world.until(() => world.heard('runner-exited'))).toBe(true);
    world.bury(testVm);
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    expect(world.runs).toEqual([jitSecret]);
    expect(world.host.leftovers()).toEqual([]);
  });

  it('loses a VM to a killer: the VM failed, and it was the host', async () => {
    const world = await started({ runner: () => idleRunner });
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    world.host.crash(testVm);
    await failsWith(world, /ended under its runner \(killed: killed by signal 9\)/, 'host');
  });
});

describe('a guest that', () => {
  const behaves = (behaviour: object, runner?: typeof idleRunner) =>
    started({ host: { behaviour: () => behaviour }, ...(runner ? { runner: () => runner } : {}) });

  it('never answers is booted once more, and then given up', async () => {
    const world = await behaves({ boot: 'silent' });
    const before = world.clock.now();
    world.order({});
    await failsWith(world, /did not answer within 30 s, 2 times/, 'bellows');
    expect(world.clock.now() - before).toBeLessThan(seconds(62));
    expect(world.story()).toEqual(['process-up', 'failed', 'gone']);
  });

  it('hangs in its first boot is booted once more; that is counted and told', async () => {
    const world = await behaves({ boot: 'hangs-first' });
    await world.orderWithJit({});
    expect(await world.until(() => world.heard('runner-exited'))).toBe(true);
    const again = world.events.find(({ event }) => event.kind === 'phase' && event.phase === 'boot-again');
    expect(again?.event).toMatchObject({ ms: 30_000 });
    expect(world.kinds().filter((kind) => kind === 'process-up')).toHaveLength(1);
    expect(world.logged.join('\n')).toContain('warn boot tried again');
  });

  it('panics says its last words', async () => {
    const world = await behaves({ boot: 'panics' });
    world.order({});
    await failsWith(
      world,
      /ended before its guest answered \(exited: the guest reset\), 2 times; last on its console: Kernel panic/,
      'bellows',
    );
  });

  it('powers off under its runner has done so by its workflow', async () => {
    const world = await behaves({}, async (_jit, io) => {
      io.listening();
      io.jobStarted('poweroff');
      return new Promise(() => {});
    });
    await world.orderWithJit({});
    await world.until(() => world.heard('job-started'));
    world.host.powerOff(testVm);
    await failsWith(world, /ended under its runner \(exited/, 'workflow');
  });

  it.each(['garbage', 'frames'] as const)('floods the link with %s disturbs nobody else', async (floods) => {
    const world = await started({
      runner: () => idleRunner,
      host: { behaviour: (vm) => (vm === testVm ? { floods } : {}) },
    });
    await world.orderWithJit({}, {});
    expect(await world.until(() => world.heard('runner-listening', 'vm-000000000002'), seconds(20))).toBe(
      true,
    );
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    expect(world.event('failed')?.reason).toMatch(/did not answer within 30 s, 2 times/);
    expect(world.host.leftovers().filter((left) => left.includes(testVm))).toEqual([]);
    expect(world.journal.text().length).toBeLessThan(100_000);
  });

  it('lies is heard once of each kind, and believed in nothing that matters', async () => {
    const uptimeMs = 1;
    const lies = [
      ...Array.from({ length: 50 }, () => ({ type: 'job-started', jobName: 'fake', uptimeMs })),
      ...Array.from({ length: 50 }, () => ({
        type: 'worker',
        question: 'after-1',
        alive: false,
        runnerAlive: false,
        uptimeMs,
      })),
      ...Array.from({ length: 50 }, (_, cpuPercentPeak) => ({
        type: 'usage',
        cpuPercentPeak,
        memoryMibPeak: 1,
        diskMibPeak: 1,
        uptimeMs,
      })),
      { type: 'job-started', jobName: 'x'.repeat(100_000), uptimeMs },
      { type: 'gone' },
      { type: 'hello', protocol: 1 },
      { nonsense: true },
    ];
    const world = await started({ runner: () => idleRunner, host: { behaviour: () => ({ lies }) } });
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    await world.clock.advance(seconds(30));
    expect(world.kinds().filter((kind) => kind === 'job-started')).toHaveLength(1);
    expect(world.kinds().filter((kind) => kind === 'usage').length).toBeLessThanOrEqual(8);
    expect(world.heard('worker')).toBe(false);
    expect(world.heard('gone')).toBe(false);
  });

  it('speaks another version of the protocol is refused by name', async () => {
    const lies = [
      {
        type: 'hello',
        protocol: 99,
        bootId: 'b',
        agentVersion: 'x',
        cpus: 1,
        memoryMib: 1,
        kernel: 'k',
        uptimeMs: 1,
      },
    ];
    const world = await started({ host: { behaviour: () => ({ lies }) } });
    world.order({});
    await failsWith(
      world,
      /speaks version 99 of the guest protocol, this agent 1: rebuild the image/,
      'bellows',
    );
  });

  it('is taken down while it starts, when so ordered', async () => {
    const world = await started({ host: { startMs: () => 5000 } });
    await world.orderWithJit({});
    await world.clock.advance(seconds(2));
    world.bury(testVm, 'never-registered');
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    expect(world.host.leftovers()).toEqual([]);
    expect(world.story()).toEqual(['process-up', 'gone']);
    await world.clock.advance(minutes(1));
    expect(world.host.leftovers()).toEqual([]);
  });

  it('is not started at all when its order to end comes first', async () => {
    const world = await started();
    world.bury(testVm, 'never-registered');
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    expect(world.story()).toEqual(['gone']);
  });

  it('ends, and whose control plane forgets to bury it, is cleared away after ten minutes', async () => {
    const world = await started();
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-exited'));
    await world.clock.advance(minutes(9));
    expect(world.host.leftovers()).not.toEqual([]);
    await world.clock.advance(minutes(2));
    expect(world.host.leftovers()).toEqual([]);
    expect(world.heard('failed')).toBe(false);
  });
});

describe('the disk that VMs fill', () => {
  it('is offered as it was: what they write is promised to them already', async () => {
    const world = await started({ runner: () => idleRunner });
    await world.until(() => world.observed !== undefined);
    const offered = world.observed?.capacity.diskGib;
    const free = await world.host.disk.freeBytes();
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    await world.clock.advance(minutes(1));
    expect(await world.host.disk.freeBytes()).toBeLessThan(free);
    expect(world.observed?.capacity.diskGib).toBe(offered);
  });
});

describe('absence', () => {
  it('from the desired set never destroys: the VM is told of as unknown, and lives to its own deadline', async () => {
    const world = await started({ runner: () => idleRunner });
    await world.orderWithJit({ lifetimeMs: hours(1) });
    await world.until(() => world.heard('runner-listening'));
    world.vms = [];
    world.push();
    await world.clock.advance(minutes(50));
    expect(world.observed?.vms).toEqual([{ vm: testVm, state: 'unknown-to-you' }]);
    // The room that it takes is told beside what is offered, so that others are not given it.
    const offered = world.observed?.capacity.memoryMib;
    expect(world.observed?.capacity.strangers).toEqual({ milliCpus: 2000, memoryMib: 2048 });
    expect(world.host.leftovers()).toHaveLength(partsOfVm);
    await world.clock.advance(minutes(15));
    expect(world.host.leftovers()).toEqual([]);
    expect(world.observed?.capacity.strangers).toBeUndefined();
    expect(world.observed?.capacity.memoryMib).toBe(offered);
  });

  it('of a younger generation: an older one of the same epoch changes nothing', async () => {
    const world = await started({ runner: () => idleRunner });
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    world.generation = 0;
    world.say({
      ...stale(world),
      generation: 0,
      tombstones: [{ vm: testVm, rule: 'failed', reason: 'stale' }],
    });
    await world.clock.advance(seconds(30));
    expect(world.heard('gone')).toBe(false);
  });

  it('of the VM from a new life of the database: kept; and a life that was left is not gone back to', async () => {
    const world = await started({ runner: () => idleRunner });
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    world.epoch = 'epoch-restored';
    world.generation = 1;
    world.vms = [];
    world.say(world.desired());
    await world.clock.advance(seconds(20));
    expect(world.observed).toMatchObject({
      epoch: 'epoch-restored',
      generation: 1,
      vms: [{ vm: testVm, state: 'unknown-to-you' }],
    });
    const tombstones = [{ vm: testVm, rule: 'failed', reason: 'from the past' }];
    world.say({ ...stale(world), epoch: 'epoch-1', generation: 77, tombstones });
    await world.clock.advance(seconds(20));
    expect(world.host.leftovers()).toHaveLength(partsOfVm);
    expect(world.observed?.epoch).toBe('epoch-restored');
  });

  it('of the journal: what runs is a stranger, and kept; an order to end it is obeyed', async () => {
    const world = await started({ runner: () => idleRunner });
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    world.killAgent();
    world.journal.wipe();
    world.vms = [];
    world.generation += 1;
    await world.startAgent();
    await world.clock.advance(seconds(30));
    expect(world.observed?.vms).toEqual([{ vm: testVm, state: 'unknown-to-you' }]);
    world.bury(testVm, 'operator-force');
    await world.clock.advance(seconds(60));
    expect(world.host.leftovers()).toEqual([]);
    // Its events are counted on from what the control plane had heard, so none is taken for an old one.
    expect(await world.until(() => world.heard('gone'))).toBe(true);
  });

  it('of the journal, with the VM still wanted: it is taken up and not started twice', async () => {
    const world = await started({ runner: () => idleRunner });
    await world.orderWithJit({});
    await world.until(() => world.heard('runner-listening'));
    world.killAgent();
    world.journal.wipe();
    await world.startAgent();
    await world.clock.advance(seconds(60));
    expect(world.host.guest(testVm)?.jits).toEqual([jitSecret]);
    expect(world.observed?.vms).toEqual([{ vm: testVm, state: 'booted' }]);
    expect(world.runs).toEqual([jitSecret]);
  });
});

it('a VM that is gone is never started again, whatever an old database wants', async () => {
  const world = await started();
  await world.orderWithJit({});
  await world.until(() => world.heard('runner-exited'));
  world.bury(testVm);
  await world.until(() => world.heard('gone'));
  world.epoch = 'epoch-restored';
  world.tombstones = [];
  await world.orderWithJit({ image: testImage });
  await world.clock.advance(minutes(1));
  expect(world.host.leftovers()).toEqual([]);
  expect(world.kinds().filter((kind) => kind === 'gone')).toHaveLength(2);
});

function stale(world: AgentWorld) {
  return {
    type: 'desired' as const,
    protocol: 1,
    epoch: world.epoch,
    generation: 0,
    vms: [],
    tombstones: [],
  };
}
