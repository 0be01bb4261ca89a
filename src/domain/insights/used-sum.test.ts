import { describe, expect, it } from 'vitest';
import type { Measurement } from './measured.ts';
import { addedUse, averageUse, isSameUse, noUse, usedIn } from './used-sum.ts';

const silent: Measurement = {
  peaks: { cpuPercent: 90, memoryMib: 900, diskMib: 10 },
  had: { milliCpus: 2000, memoryMib: 4096, diskGib: 20 },
};
const told: Measurement = {
  ...silent,
  means: { cpuPercent: 50, memoryMib: 300 },
  traffic: { receivedBytes: 1000, sentBytes: 10 },
};
const long = usedIn(told, 3000);
const short = usedIn(
  { ...told, means: { cpuPercent: 10, memoryMib: 100 }, traffic: { receivedBytes: 2000, sentBytes: 30 } },
  1000,
);

describe('what runs used', () => {
  it('is counted in whole numbers, means for as long as the run took', () => {
    expect(long).toEqual({
      meanMs: 3000,
      cpuPercentMs: 150_000,
      memoryMibMs: 900_000,
      trafficRuns: 1,
      receivedBytes: 1000,
      sentBytes: 10,
    });
    expect(usedIn({ ...told, means: { cpuPercent: 0.3, memoryMib: 0.3 } }, 1.4)).toMatchObject({
      meanMs: 1,
      cpuPercentMs: 0,
      memoryMibMs: 0,
    });
  });

  it('is nothing where the guest was too old to tell', () => {
    expect(usedIn(silent, 3000)).toEqual(noUse);
    expect(noUse).toEqual({
      ...{ meanMs: 0, cpuPercentMs: 0, memoryMibMs: 0 },
      ...{ trafficRuns: 0, receivedBytes: 0, sentBytes: 0 },
    });
  });

  it('is told as the mean over time, and as the traffic of one run', () => {
    expect(averageUse(addedUse(long, short))).toEqual({
      means: { cpuPercent: 40, memoryMib: 250 },
      traffic: { receivedBytes: 1500, sentBytes: 20 },
    });
    expect(averageUse(noUse)).toStrictEqual({});
  });

  it('is as before when a run is taken away again', () => {
    const sum = addedUse(long, short);
    expect(addedUse(sum, short, -1)).toEqual(long);
    expect(isSameUse(addedUse(sum, short, -1), long)).toBe(true);
    for (const field of Object.keys(noUse)) expect(isSameUse(long, { ...long, [field]: 7 })).toBe(false);
  });
});
