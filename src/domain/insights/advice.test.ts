import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLabelPolicy, parseLabel } from '../labels/parse-label.ts';
import { adviceFor, labelFor, leastRuns, sizeAmong } from './advice.ts';
import { boundedMeans, boundedPeaks, boundedTraffic, highest, type Size } from './measured.ts';

const anySize: fc.Arbitrary<Size> = fc.record({
  milliCpus: fc.constantFrom(250, 500, 1_000, 2_000, 4_000, 16_000),
  memoryMib: fc.constantFrom(512, 1_024, 2_048, 4_096, 16_384),
  diskGib: fc.integer({ min: 1, max: 200 }),
});
const anyNumber = fc.oneof(
  fc.double({ min: 0, max: 100_000 }),
  // Far below what the job has, where the least room decides and not the quarter.
  fc.integer({ min: 0, max: 2_500 }),
  fc.constantFrom(-1, Number.NaN, Number.POSITIVE_INFINITY),
);
const told = fc.record({ cpuPercent: anyNumber, memoryMib: anyNumber, diskMib: anyNumber });

describe('advice on the size of a job', () => {
  test.prop([anySize, told, fc.nat(50)])(
    'is never below what was measured and room beside it, nor above what the job has',
    (has, said, runs) => {
      const peaks = boundedPeaks(said, has);
      const advice = adviceFor(has, peaks, runs);
      if (advice === undefined) return;
      const { size, frees } = advice;
      expect(runs).toBeGreaterThanOrEqual(leastRuns);
      // What it has may be less than that already: then it keeps what it has.
      expect(size.milliCpus).toBeGreaterThanOrEqual(Math.min(has.milliCpus, peaks.cpuPercent * 12.5));
      expect(size.memoryMib).toBeGreaterThanOrEqual(Math.min(has.memoryMib, peaks.memoryMib * 1.25));
      expect(size.memoryMib).toBeGreaterThanOrEqual(Math.min(has.memoryMib, peaks.memoryMib + 512));
      expect(size.diskGib * 1_024).toBeGreaterThanOrEqual(
        Math.min(has.diskGib * 1_024, peaks.diskMib + 2_048),
      );
      for (const part of ['milliCpus', 'memoryMib', 'diskGib'] as const) {
        expect(size[part]).toBeLessThanOrEqual(has[part]);
        expect(size[part] + frees[part]).toBe(has[part]);
      }
      expect(frees.milliCpus + frees.memoryMib).toBeGreaterThan(0);
    },
  );

  test.prop([anySize, told])('can be asked for by its label', (has, said) => {
    const advice = adviceFor(has, boundedPeaks(said, has), leastRuns);
    if (advice === undefined) return;
    const asked = { arch: 'arm64', ...has, diskGib: has.diskGib, burstable: true } as const;
    const parsed = parseLabel(labelFor('bellows-', asked, advice.size), defaultLabelPolicy);
    expect(parsed).toEqual({ kind: 'size', size: { ...asked, ...advice.size } });
  });

  it('finds the size among the labels, whatever they begin with', () => {
    expect(sizeAmong(['gpu', 'my-org-arm64-2cpu-4gb'])).toMatchObject({
      prefix: 'my-org-',
      size: { arch: 'arm64' },
    });
    expect(sizeAmong(['self-hosted', 'ubuntu-latest'])).toBeUndefined();
  });

  it('believes no guest that claims more than it had', () => {
    const has = { milliCpus: 1_500, memoryMib: 1_024, diskGib: 2 };
    expect(boundedPeaks({ cpuPercent: 9_999, memoryMib: 9e9, diskMib: Number.NaN }, has)).toEqual({
      ...{ cpuPercent: 200, memoryMib: 1_024, diskMib: 2_048 },
    });
    const most = { cpuPercent: 200, memoryMib: 1_024, diskMib: 0 };
    expect(boundedMeans({ cpuPercent: 201, memoryMib: 10 }, most)).toEqual({
      cpuPercent: 200,
      memoryMib: 10,
    });
    expect(boundedTraffic({ receivedBytes: -1, sentBytes: 2 ** 60 })).toEqual({
      receivedBytes: 0,
      sentBytes: 2 ** 50,
    });
    const low = { cpuPercent: 1, memoryMib: 2, diskMib: 3 };
    expect(highest(low, { ...low, memoryMib: 9 })).toEqual({ ...low, memoryMib: 9 });
  });

  it('is given only where it frees processors or memory, of enough runs', () => {
    const has = { milliCpus: 4_000, memoryMib: 8_192, diskGib: 20 };
    const peaks = { cpuPercent: 100, memoryMib: 1_000, diskMib: 500 };
    expect(adviceFor(has, peaks, leastRuns)).toEqual({
      size: { milliCpus: 2_000, memoryMib: 2_048, diskGib: 3 },
      frees: { milliCpus: 2_000, memoryMib: 6_144, diskGib: 17 },
    });
    expect(adviceFor(has, peaks, leastRuns - 1)).toBeUndefined();
    expect(adviceFor(has, { ...peaks, cpuPercent: 400, memoryMib: 7_900 }, leastRuns)).toBeUndefined();
  });
});
