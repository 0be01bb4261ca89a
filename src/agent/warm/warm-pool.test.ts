import { describe, expect, it } from 'vitest';
import {
  AgentWorld,
  idleRunner,
  jitSecret,
  partsOfVm,
  testVm,
  type WorldOptions,
} from '../../../test/support/agent-world.ts';
import { imageDigest } from '../../domain/ids.ts';
import { hours, minutes, seconds } from '../../domain/time.ts';
import type { PointKind } from '../../sim/crash-points.ts';
import { journalEntry } from '../../wire/agent-journal.ts';
import { apply, emptyState } from '../state.ts';

const size = { vcpus: 2, milliCpus: 2000, memoryMib: 2048, diskGib: 10, burstable: false, count: 1 };
const worldWith = (options: WorldOptions = {}, count = 1) =>
  new AgentWorld({ ...options, agent: { warm: [{ ...size, count }], ...options.agent } });

/** A host whose pool is full. */
async function warmWorld(options: WorldOptions = {}, count = 1): Promise<AgentWorld> {
  const world = worldWith(options, count);
  await world.startAgent();
  expect(await world.until(() => isWarm(world, count))).toBe(true);
  return world;
}

/** By what the agent wrote down. */
const isWarm = (world: AgentWorld, count = 1): boolean => {
  const lines = world.journal.text().split('\n');
  const entries = lines.filter((line) => line !== '').map((line) => journalEntry.parse(JSON.parse(line)));
  return entries.reduce(apply, emptyState).warm.filter(({ ready }) => ready).length === count;
};

describe('a warm VM', () => {
  it('is up before anybody asks, and is nobody’s: the control plane does not hear of it', async () => {
    const world = await warmWorld();
    await world.clock.advance(minutes(1));
    expect(world.host.running).toHaveLength(1);
    expect(world.observed?.vms).toEqual([]);
    expect(world.events).toEqual([]);
  });

  it('takes no room from those who ask: the host offers all of its memory', async () => {
    const cold = new AgentWorld();
    await cold.startAgent();
    await cold.clock.advance(seconds(10));
    const world = await warmWorld();
    expect(world.observed?.capacity).toEqual(cold.observed?.capacity);
  });

  it('runs the job of the order that it is given to, without a boot', async () => {
    const world = await warmWorld();
    const before = world.host.running;
    await world.orderWithJit({});
    // A boot takes a second and a half here.
    expect(await world.until(() => world.heard('runner-listening'), 500)).toBe(true);
    expect(world.host.running).toEqual(before);
    expect(await world.until(() => world.heard('runner-exited'))).toBe(true);
    world.bury(testVm);
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    expect(world.runs).toEqual([jitSecret]);
    expect(world.host.running).not.toContain(before[0]);
  });

  it('is replaced when it was taken, once no VM that was asked for is booting', async () => {
    const world = await warmWorld({ runner: () => idleRunner });
    await world.orderWithJit({}, { memoryMib: 4096 });
    expect(await world.until(() => world.heard('runner-listening', 'vm-000000000002'))).toBe(true);
    expect(await world.until(() => world.host.running.length === 3)).toBe(true);
  });

  it('is given to one order only', async () => {
    const world = await warmWorld({ runner: () => idleRunner });
    await world.orderWithJit({}, {});
    expect(
      await world.until(
        () => world.heard('runner-listening') && world.heard('runner-listening', 'vm-000000000002'),
      ),
    ).toBe(true);
    expect(new Set(world.runs).size).toBe(1);
    expect(world.host.running.filter((vm) => !vm.startsWith('vm-w'))).toHaveLength(1);
  });

  it('of another size or image is not taken', async () => {
    const world = await warmWorld({ runner: () => idleRunner });
    await world.orderWithJit({ milliCpus: 1000 });
    expect(await world.until(() => world.heard('runner-listening'))).toBe(true);
    expect(world.host.running).toContain(testVm);
  });

  it('gives its memory up to an order that needs it', async () => {
    const sizes = new Map<string, number>();
    const held: number[] = [];
    const world = await warmWorld({
      host: {
        facts: { memoryMib: 5 * 1024 },
        stopMs: () => 300,
        observe: (event) => {
          if (event.kind === 'vm-started') sizes.set(event.vm, event.vm === testVm ? 4096 : size.memoryMib);
          if (event.kind === 'vm-ended') sizes.delete(event.vm);
          held.push([...sizes.values()].reduce((sum, memoryMib) => sum + memoryMib, 0));
        },
      },
      runner: () => idleRunner,
    });
    await world.orderWithJit({ memoryMib: 4096 });
    expect(await world.until(() => world.heard('runner-listening'))).toBe(true);
    expect(world.host.running).toEqual([testVm]);
    expect(Math.max(...held)).toBe(4096);
  });

  it.each([
    ['its disk is made', { diskMs: (vm: string) => (vm.startsWith('vm-w') ? 5000 : 0) }],
    ['its process comes up', { startMs: () => 5000 }],
    ['its guest boots', { behaviour: (vm: string) => (vm.startsWith('vm-w') ? { bootMs: 60_000 } : {}) }],
  ])('gives its memory up while %s, and nothing of it is left', async (_, slow) => {
    const world = worldWith({
      host: { facts: { memoryMib: 5 * 1024 }, ...slow },
      runner: () => idleRunner,
    });
    await world.startAgent();
    await world.clock.advance(1000);
    await world.orderWithJit({ memoryMib: 4096 });
    const ofWarm = () => world.host.leftovers().filter((part) => part.includes('vm-w'));
    // From the moment that it has made room, nothing of it comes again.
    expect(await world.until(() => world.heard('process-up'), minutes(1))).toBe(true);
    for (let second = 0; second < 30; second++) {
      expect(ofWarm()).toEqual([]);
      await world.clock.advance(1000);
    }
    expect(await world.until(() => world.heard('runner-listening'), minutes(5))).toBe(true);
    await world.clock.advance(minutes(5));
    expect(ofWarm()).toEqual([]);
    // To make room is no failure of the pool.
    expect(world.logged.filter((line) => line.includes('did not come up'))).toEqual([]);
  });

  it('whose process dies is replaced, and so is one whose guest hangs up', async () => {
    const world = await warmWorld();
    const [first] = world.host.running;
    if (first === undefined) throw new Error('no warm VM');
    world.host.crash(first);
    expect(await world.until(() => isWarm(world) && world.host.running[0] !== first)).toBe(true);
    expect(world.host.leftovers()).toHaveLength(partsOfVm);
  });

  it('that dies while it is being taken costs its order a boot, not more', async () => {
    const world = await warmWorld();
    const [warm] = world.host.running;
    await world.orderWithJit({});
    if (warm !== undefined) world.host.crash(warm);
    expect(await world.until(() => world.heard('runner-exited'))).toBe(true);
    expect(world.runs).toEqual([jitSecret]);
  });

  it('that never boots is tried again with growing pauses, and keeps nobody waiting', async () => {
    const world = worldWith({
      host: { behaviour: (vm) => (vm.startsWith('vm-w') ? { boot: 'silent' } : {}) },
      runner: () => idleRunner,
    });
    await world.startAgent();
    await world.clock.advance(minutes(10));
    await world.orderWithJit({});
    expect(await world.until(() => world.heard('runner-listening'), seconds(10))).toBe(true);
    expect(world.host.leftovers().length).toBeLessThanOrEqual(2 * partsOfVm);
  });

  it('is replaced when it is old', async () => {
    const world = await warmWorld();
    const [first] = world.host.running;
    await world.clock.advance(hours(12) + minutes(1));
    expect(await world.until(() => isWarm(world))).toBe(true);
    expect(world.host.running).not.toContain(first);
  });

  it('is made of the image that orders name', async () => {
    const newer = imageDigest(`sha256:${'b'.repeat(64)}`);
    const world = await warmWorld({ runner: () => idleRunner });
    world.host.images.add(newer);
    await world.orderWithJit({ image: newer });
    expect(await world.until(() => world.heard('runner-listening'))).toBe(true);
    const isNew = () => world.host.machines.every(({ rootPath }) => rootPath.includes(newer));
    expect(await world.until(() => isNew() && world.host.machines.length === 2)).toBe(true);
  });
});

describe('the pool of a host', () => {
  const newer = imageDigest(`sha256:${'b'.repeat(64)}`);

  it('that an operator holds back is emptied, and filled again when the host is taken back', async () => {
    const world = await warmWorld();
    world.held = true;
    world.push();
    expect(await world.until(() => world.host.running.length === 0)).toBe(true);
    await world.clock.advance(minutes(5));
    expect(world.host.leftovers()).toEqual([]);
    world.held = false;
    world.push();
    expect(await world.until(() => isWarm(world))).toBe(true);
  });

  it('is made anew when the control plane names another image, once that is here', async () => {
    const world = await warmWorld();
    const images = () => world.host.machines.map(({ rootPath }) => rootPath.includes(newer));
    world.image = newer;
    world.push();
    await world.clock.advance(minutes(1));
    expect(images()).toEqual([false]);
    world.host.images.add(newer);
    expect(await world.until(() => images().join() === 'true')).toBe(true);
  });
});

describe('the pool and its agent', () => {
  it('a restarted agent goes on with the VMs that wait', async () => {
    const world = await warmWorld({}, 2);
    const before = world.host.running;
    world.killAgent();
    await world.startAgent();
    await world.clock.advance(minutes(1));
    expect(world.host.running).toEqual(before);
    await world.orderWithJit({});
    expect(await world.until(() => world.heard('runner-exited'), seconds(3))).toBe(true);
  });

  it('a pool that was switched off is emptied', async () => {
    const world = await warmWorld();
    world.killAgent();
    world.configure({ warm: [] });
    await world.startAgent();
    expect(await world.until(() => world.host.leftovers().length === 0)).toBe(true);
  });

  const wholeLife = [
    ...['process-up', 'guest-up', 'handed', 'runner-listening', 'job-started', 'job-ended'],
    ...['runner-exited', 'gone'],
  ];

  /** One warm VM comes up, is taken, works and goes, with a disturbance at the given call. */
  async function disturbed(call: number, kind: PointKind): Promise<AgentWorld | undefined> {
    const world = worldWith();
    await world.startAgent({ call, kind });
    const first = world.lifeline;
    const revived = async (): Promise<void> => {
      if (world.lifeline.dead) await world.startAgent();
    };
    for (let step = 0; step < 30 && !isWarm(world); step++) {
      await revived();
      await world.clock.advance(500);
    }
    await revived();
    await world.orderWithJit({});
    let buried = false;
    for (let step = 0; step < 200 && !world.heard('gone'); step++) {
      await revived();
      await world.clock.advance(1000);
      if (world.heard('runner-exited') && !buried) {
        buried = true;
        world.bury(testVm);
      }
    }
    world.killAgent();
    world.configure({ warm: [] });
    await world.startAgent();
    await world.clock.advance(minutes(3));
    return first.reached === undefined ? undefined : world;
  }

  it.each<PointKind>(['crash-before', 'crash-after', 'fail-before', 'fail-after'])(
    'lose nothing and leave nothing when the agent meets a %s at any call',
    async (kind) => {
      let call = 1;
      for (
        let world = await disturbed(call, kind);
        world !== undefined;
        world = await disturbed(call, kind)
      ) {
        const name = `${kind} at call ${call}`;
        expect(world.story(), name).toEqual(wholeLife);
        expect(world.runs, name).toEqual([jitSecret]);
        expect(world.host.leftovers(), name).toEqual([]);
        call += 1;
      }
      expect(call).toBeGreaterThan(60);
    },
    180_000,
  );
});
