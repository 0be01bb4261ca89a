import { describe, expect, it } from 'vitest';
import { counter, countOf, durationBuckets, emptyHistogram, gauge, observed } from './family.ts';

describe('a histogram', () => {
  it('has a bucket for each end and one for all beyond', () => {
    expect(emptyHistogram).toEqual({ counts: Array.from({ length: 17 }, () => 0), sum: 0 });
    expect(durationBuckets).toEqual([...durationBuckets].sort((a, b) => a - b));
    expect(durationBuckets).toHaveLength(16);
  });

  it('counts a duration in the first bucket that it fits, its end included', () => {
    const counts = (...all: number[]) => all.reduce(observed, emptyHistogram).counts;
    expect(counts(0.1)).toEqual([1, ...Array.from({ length: 16 }, () => 0)]);
    expect(counts(0.11)[1]).toBe(1);
    expect(counts(21_600)[15]).toBe(1);
    expect(counts(21_601, 99_999)[16]).toBe(2);
  });

  it('sums up what it counted', () => {
    const two = [0.5, 30].reduce(observed, emptyHistogram);
    expect([two.sum, countOf(two)]).toEqual([30.5, 2]);
    expect(countOf(emptyHistogram)).toBe(0);
  });
});

it('a family is a gauge or a counter', () => {
  const samples = [{ labels: {}, value: 1 }];
  expect(gauge('bellows_jobs', 'Jobs.', samples)).toEqual({
    ...{ name: 'bellows_jobs', help: 'Jobs.', kind: 'gauge', samples },
  });
  expect(counter('bellows_jobs_total', 'Jobs.', samples).kind).toBe('counter');
});
