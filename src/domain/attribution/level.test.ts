import { describe, expect, it } from 'vitest';
import { anOutcome, aTime } from './attribution.fixture.ts';
import { type Level, levelled, levelOf } from './level.ts';

const run = (ms: number, name = 'CI / build') => aTime(1, 'running', ms, { name });
const runs = (count: number, ms: number, name?: string) => Array.from({ length: count }, () => run(ms, name));
const x = (ms: number) => Math.log(ms + 1_000);

describe('how long a job of one name usually takes', () => {
  it('is said from six jobs on', () => {
    expect(levelOf(levelled(undefined, runs(5, 60_000)), 'CI / build')).toBeUndefined();
    const six = levelled(undefined, runs(6, 60_000));
    expect(levelOf(six, 'CI / build')).toBeCloseTo(x(60_000));
    expect(levelOf(six, 'CI / test')).toBeUndefined();
    expect(levelOf(undefined, 'CI / build')).toBeUndefined();
  });

  it('is of jobs only, and not of other phases or of outcomes', () => {
    const levels = {};
    expect(levelled(levels, [aTime(1, 'booting', 9), anOutcome(1, 'workflow', true)])).toBe(levels);
    expect(levelled(undefined, [])).toBeUndefined();
  });

  it('does not depend on the order of the samples', () => {
    const samples = [run(10_000), run(90_000), run(30_000)];
    expect(levelled(undefined, samples)).toEqual(levelled(undefined, samples.toReversed()));
    const [middle] = Object.values(levelled(undefined, samples) ?? {});
    expect(middle?.jobs).toBe(3);
    expect(middle?.middle).toBeGreaterThan(x(20_000));
    expect(middle?.middle).toBeLessThan(x(40_000));
  });

  it('moves with each job by its share, and no job pulls far', () => {
    const before: Record<string, Level> = { 'CI / build': { middle: x(60_000), jobs: 9 } };
    const pulled = (ms: number) => levelled(before, [run(ms)])?.['CI / build'];
    expect(pulled(60_000)).toEqual({ middle: x(60_000), jobs: 10 });
    expect(pulled(1e9)?.middle).toBeCloseTo(x(60_000) + 0.5 / 10);
    expect(pulled(1)?.middle).toBeCloseTo(x(60_000) - 0.5 / 10);
    expect(pulled(66_000)?.middle).toBeCloseTo(x(60_000) + (x(66_000) - x(60_000)) / 10);
  });

  it('moves by half at most, and by a twenty-fifth at least', () => {
    const middleAfter = (jobs: number, more: number) =>
      levelled({ 'CI / build': { middle: x(60_000), jobs } }, runs(more, 1e9))?.['CI / build']?.middle ?? 0;
    expect(middleAfter(1, 9) - x(60_000)).toBeCloseTo(0.25);
    expect(middleAfter(999, 1) - x(60_000)).toBeCloseTo(0.5 * 0.04);
  });

  it('is kept of two hundred names, those with the most jobs', () => {
    const many: Record<string, Level> = Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [
        `job ${String(n).padStart(3, '0')}`,
        { middle: 1, jobs: n === 7 ? 1 : 9 },
      ]),
    );
    const next = levelled(many, runs(2, 60_000, 'new')) ?? {};
    expect(Object.keys(next)).toHaveLength(200);
    expect(next).not.toHaveProperty('job 007');
    expect(next.new?.jobs).toBe(2);
    const equal = levelled(many, runs(1, 60_000, 'a new one')) ?? {};
    expect(equal).toHaveProperty('a new one');
    expect(equal).not.toHaveProperty('job 007');
    expect(levelled({ ...next }, runs(1, 60_000, 'new'))?.new?.jobs).toBe(3);
  });

  it('is kept by name of those with as many jobs', () => {
    const equal = Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [`job ${String(n).padStart(3, '0')}`, { middle: 1, jobs: 1 }]),
    );
    for (const levels of [equal, Object.fromEntries(Object.entries(equal).toReversed())]) {
      expect(levelled(levels, runs(1, 60_000, 'zebra'))).toEqual(equal);
      const first = levelled(levels, runs(1, 60_000, 'aardvark'));
      expect(first).toHaveProperty('aardvark');
      expect(first).not.toHaveProperty('job 199');
    }
  });
});
