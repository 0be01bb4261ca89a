import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aVm,
  capacity,
  numberedVm,
  shape,
  toBusy,
  toFailed,
  toGone,
  toIdle,
  toPlaced,
  toStarting,
  toStopping,
  toUnknown,
} from '../domain.fixture.ts';
import {
  addVm,
  type CapacityPolicy,
  defaultCapacityPolicy,
  lacksFor,
  mostVms,
  neverFits,
  noUsage,
  overpromised,
  usageOf,
} from './capacity.ts';

const policy: CapacityPolicy = { cpuOvercommit: 2, diskOvercommit: 4, vmmMemoryMib: 100 };
const room = capacity({ milliCpus: 4000, memoryMib: 9000, diskGib: 10, maxBooting: 2 });

describe('what VMs hold of a host', () => {
  it('is held from placement until the proof that the VM is gone', () => {
    const holding = [toPlaced, toStarting, toIdle, toBusy, toStopping, toFailed, toUnknown];
    const vms = holding.map((events, index) => numberedVm(index, events));
    expect(usageOf(vms, policy)).toEqual({
      milliCpus: 14_000,
      memoryMib: 7 * 4196,
      diskGib: 140,
      booting: 2,
      vms: 7,
    });
    expect(usageOf([aVm(), numberedVm(9, toGone)], policy)).toEqual(noUsage);
  });
});

describe('a host', () => {
  it('has room for memory once, for processors and disk by the overcommit', () => {
    expect(
      overpromised(room, { ...noUsage, memoryMib: 9000, milliCpus: 8000, diskGib: 40 }, policy),
    ).toBeUndefined();
    expect(overpromised(room, { ...noUsage, memoryMib: 9001 }, policy)).toBe('memory');
    expect(overpromised(room, { ...noUsage, milliCpus: 8001 }, policy)).toBe('processors');
    expect(overpromised(room, { ...noUsage, diskGib: 41 }, policy)).toBe('disk');
  });

  it('has as many VMs at most as are there and as would fit beside them, of 2 processors and 4 GiB', () => {
    const big = { ...room, milliCpus: 16_000, memoryMib: 40_000, diskGib: 1000 };
    expect(mostVms(big, noUsage, policy)).toBe(9);
    expect(mostVms(big, { ...noUsage, vms: 1, memoryMib: 39_000 }, policy)).toBe(1);
    expect(mostVms(big, { ...noUsage, vms: 3, milliCpus: 30_000 }, policy)).toBe(4);
    expect(mostVms({ ...big, strangers: { milliCpus: 0, memoryMib: 39_000 } }, noUsage, policy)).toBe(0);
    expect(mostVms({ ...big, diskGib: 5 }, noUsage, policy)).toBe(1);
    expect(mostVms(big, { ...noUsage, vms: 40, memoryMib: 90_000 }, policy)).toBe(40);
  });

  it('says what keeps one more VM off it', () => {
    const one = addVm(noUsage, shape, policy, true);
    expect(one).toEqual({ milliCpus: 2000, memoryMib: 4196, diskGib: 20, booting: 1, vms: 1 });
    const two = addVm(one, shape, policy, false);
    expect(two.booting).toBe(1);
    expect(lacksFor(room, one, shape, policy)).toBeUndefined();
    expect(lacksFor(room, two, shape, policy)).toBe('memory');
    expect(lacksFor(room, { ...noUsage, booting: 2 }, shape, policy)).toBe('booting');
    expect(lacksFor(room, { ...noUsage, booting: 1 }, shape, policy)).toBeUndefined();
    expect(lacksFor(room, { ...two, booting: 2 }, shape, policy)).toBe('memory');
  });

  it('can never take what is bigger than it', () => {
    expect(neverFits(room, shape, policy)).toBeUndefined();
    expect(neverFits(room, { ...shape, memoryMib: 8901 }, policy)).toBe('memory');
    expect(neverFits(room, { ...shape, memoryMib: 8900 }, policy)).toBeUndefined();
    expect(neverFits(room, { ...shape, milliCpus: 8001 }, policy)).toBe('processors');
    expect(neverFits(room, { ...shape, diskGib: 41 }, policy)).toBe('disk');
  });

  it('counts what strangers hold like what was promised: processors twice, memory once, and not for ever', () => {
    const besides = (milliCpus: number, memoryMib: number) => ({
      ...room,
      strangers: { milliCpus, memoryMib },
    });
    const small = { ...shape, milliCpus: 2000, memoryMib: 900 };
    expect(lacksFor(besides(6000, 0), noUsage, small, policy)).toBeUndefined();
    expect(lacksFor(besides(6001, 0), noUsage, small, policy)).toBe('processors');
    expect(lacksFor(besides(0, 8000), noUsage, small, policy)).toBeUndefined();
    expect(lacksFor(besides(0, 8001), noUsage, small, policy)).toBe('memory');
    expect(neverFits(besides(9000, 9000), small, policy)).toBeUndefined();
  });

  it('has these defaults', () => {
    expect(defaultCapacityPolicy).toEqual({ cpuOvercommit: 2, diskOvercommit: 4, vmmMemoryMib: 0 });
  });

  const sizes = fc.record({
    milliCpus: fc.integer({ min: 100, max: 5000 }),
    memoryMib: fc.integer({ min: 256, max: 5000 }),
  });
  test.prop([fc.array(sizes, { maxLength: 30 })])(
    'is never promised more memory than it has (I6), if only what fits is added',
    (asked) => {
      let used = noUsage;
      for (const one of asked) {
        const wanted = { ...shape, ...one, diskGib: 1 };
        if (lacksFor({ ...room, maxBooting: 99 }, used, wanted, policy) === undefined)
          used = addVm(used, wanted, policy, true);
      }
      expect(used.memoryMib).toBeLessThanOrEqual(room.memoryMib);
      expect(used.milliCpus).toBeLessThanOrEqual(room.milliCpus * 2);
    },
  );
});
