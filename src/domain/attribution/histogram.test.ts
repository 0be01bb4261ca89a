import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, faded, type Histogram, middleOf, nothingSeen, quantile, withValues } from './histogram.ts';

const valuesFrom = (min: number) =>
  fc.array(fc.double({ min, max: 15, noNaN: true }), { minLength: 1, maxLength: 60 });
const values = valuesFrom(0.1);
const share = fc.double({ min: 0, max: 1, noNaN: true });
const binWidth = middleOf(1);
const countOf = (all: readonly number[], bin: number) => all.filter((value) => binOf(value) === bin).length;

describe('a histogram', () => {
  test.prop([values])('counts each value once, in ascending bins, in whatever order they come', (all) => {
    const histogram = withValues(nothingSeen, all);
    const bins = [...new Set(all.map(binOf))].sort((a, b) => a - b);
    expect(histogram).toEqual({ bins: bins.map((bin) => [bin, countOf(all, bin)]), weight: all.length });
    expect(withValues(nothingSeen, all.toReversed())).toEqual(histogram);
  });

  test.prop([values, values])('gets by parts what it gets at once', (some, more) => {
    const parts = withValues(withValues(nothingSeen, some), more);
    expect(parts).toEqual(withValues(nothingSeen, [...some, ...more]));
  });

  it('stays the one that it is where nothing came', () => {
    const histogram = withValues(nothingSeen, [1]);
    expect(withValues(histogram, [])).toBe(histogram);
  });
});

describe('what is long ago', () => {
  test.prop([values, fc.double({ min: 0.1, max: 1, noNaN: true })])(
    'weighs less, all of it alike',
    (all, factor) => {
      const before = withValues(nothingSeen, all);
      const { bins, weight } = faded(before, factor);
      expect(bins).toEqual(before.bins.map(([bin, own]) => [bin, own * factor]));
      expect(weight).toBeCloseTo(all.length * factor);
    },
  );

  it('is forgotten when it weighs next to nothing', () => {
    const once = withValues(nothingSeen, [1, 2, 2]);
    expect(faded(once, 0.02).bins).toEqual([[binOf(2), 0.04]]);
    expect(faded(once, 0.02).weight).toBe(0.04);
    expect(faded(once, 0.021).bins).toHaveLength(2);
    expect(faded(once, 0.01)).toEqual(nothingSeen);
  });
});

describe('a quantile', () => {
  test.prop([valuesFrom(-2), share])('is as exact as the bins are', (all, of) => {
    const sorted = all.toSorted((a, b) => a - b);
    const rank = Math.max(0, Math.ceil(of * all.length) - 1);
    const distance = Math.abs(quantile(withValues(nothingSeen, all), of) - (sorted[rank] ?? 0));
    expect(distance).toBeLessThanOrEqual(binWidth + 1e-9);
  });

  test.prop([valuesFrom(-2), share, share])('is no less for a greater share', (all, one, other) => {
    const histogram = withValues(nothingSeen, all);
    const [low, high] = [Math.min(one, other), Math.max(one, other)];
    expect(quantile(histogram, high)).toBeGreaterThanOrEqual(quantile(histogram, low) - 1e-9);
  });

  it('takes the weight of a bin as spread evenly', () => {
    const one = withValues(nothingSeen, [1, 1, 1, 1]);
    expect(quantile(one, 0)).toBeCloseTo(1 - binWidth / 2);
    expect(quantile(one, 0.25)).toBeCloseTo(1 - binWidth / 4);
    expect(quantile(one, 0.5)).toBeCloseTo(1);
    expect(quantile(one, 1)).toBeCloseTo(1 + binWidth / 2);
  });

  it('of two equal halves is where the lower one ends', () => {
    expect(quantile(withValues(nothingSeen, [1, 1, 5, 5]), 0.5)).toBeCloseTo(1 + binWidth / 2);
  });

  it('is the highest bin where the sum of what faded falls short of the weight, and 0 of nothing', () => {
    const short: Histogram = { bins: [1, 2, 3].map((bin) => [bin, 0.1] as const), weight: 0.3 + 1e-9 };
    expect(quantile(short, 1)).toBe(middleOf(3));
    expect(quantile(nothingSeen, 0.5)).toBe(0);
  });
});
