import { beforeEach, describe, expect, it } from 'vitest';
import { AgentWorld, idleRunner, testImage, testVm } from '../../test/support/agent-world.ts';
import { type ImageDigest, imageDigest, vmId } from '../domain/ids.ts';
import { minutes, seconds } from '../domain/time.ts';
import type { RetireOrder } from '../ports/image-source.ts';

const newer = imageDigest(`sha256:${'b'.repeat(64)}`);

describe('an agent whose control plane wants another image', () => {
  let orders: RetireOrder[];
  let fails: boolean;
  let world: AgentWorld;
  const retire = async (order: RetireOrder): Promise<readonly ImageDigest[]> => {
    if (fails) throw new Error('input/output error');
    orders.push(order);
    return [];
  };
  beforeEach(async () => {
    orders = [];
    fails = false;
    world = new AgentWorld({
      agent: { oldImages: { shelf: { retire }, keep: 1 } },
      host: { images: [testImage, newer] },
      runner: () => idleRunner,
    });
    await world.startAgent();
    await world.until(() => world.socket !== undefined);
  });
  const want = async (image: ImageDigest): Promise<void> => {
    world.image = image;
    world.say(world.desired());
    await world.clock.advance(minutes(11));
  };

  it('removes nothing before it knows which one is wanted', async () => {
    await world.orderWithJit({});
    await world.clock.advance(minutes(30));
    expect(orders).toEqual([]);
  });

  it('keeps the one that a VM was ordered with for as long as that VM is there', async () => {
    await world.orderWithJit({});
    expect(await world.until(() => world.heard('runner-listening'))).toBe(true);
    await want(newer);
    expect(orders.at(-1)).toEqual({ wanted: newer, keep: 1, used: new Set([testImage]) });
    world.bury(testVm);
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    await want(newer);
    expect(orders.at(-1)).toEqual({ wanted: newer, keep: 1, used: new Set() });
  });

  it('looks now and then, and goes on when it cannot remove what is old', async () => {
    fails = true;
    world.order({});
    await want(newer);
    expect(world.logged.some((line) => line.includes('old images cannot be removed'))).toBe(true);
    expect(world.heard('guest-up')).toBe(true);
    fails = false;
    await world.clock.advance(minutes(30) + seconds(30));
    expect(orders.length).toBeGreaterThanOrEqual(2);
    expect(orders.length).toBeLessThanOrEqual(4);
  });
});

describe('an agent whose disk of VMs fills while they run', () => {
  it('says so once of each VM that is up, and of none that comes when there is room again', async () => {
    const world = new AgentWorld({ runner: () => idleRunner });
    await world.startAgent();
    await world.until(() => world.socket !== undefined);
    await world.orderWithJit({});
    expect(await world.until(() => world.heard('runner-listening'))).toBe(true);
    expect(world.heard('watchdog')).toBe(false);
    world.host.diskFull = true;
    await world.clock.advance(minutes(5));
    const told = world.events.filter(({ event }) => event.kind === 'watchdog');
    expect(told.map(({ vm, event }) => ({ vm, ...event }))).toEqual([
      { vm: testVm, kind: 'watchdog', finding: 'host-disk-full' },
    ]);
    expect(world.logged.filter((line) => line.includes('is full: free some space there'))).toHaveLength(1);
    world.host.diskFull = false;
    const later = vmId('vm-000000000002');
    await world.orderWithJit({}, { vm: later });
    expect(await world.until(() => world.heard('runner-listening', later))).toBe(true);
    await world.clock.advance(minutes(5));
    expect(world.heard('watchdog', later)).toBe(false);
  });
});
