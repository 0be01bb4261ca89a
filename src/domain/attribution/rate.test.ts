// The borders of how often something usually fails, and of the rise that is looked for.

import { describe, expect, it } from 'vitest';
import { type Histogram, nothingSeen, withValues } from './histogram.ts';
import { latelyFailing, rateOf } from './rate.ts';
import { defaultRules as rules } from './rules.ts';

const outcomes = (failed: number, passed: number): Histogram =>
  withValues(nothingSeen, [...Array(passed).fill(0), ...Array(failed).fill(1)]);
const of = (failed: number, passed: number) => rateOf(outcomes(failed, passed), rules, false);
const ofRuns = (failed: number, passed: number) => rateOf(outcomes(failed, passed), rules, true);

describe('the usual share of failures', () => {
  it('is that of what was seen, and of half a failure more', () => {
    expect(of(20, 79).rate).toBeCloseTo(20.5 / 100);
    expect(of(50, 49).rate).toBeCloseTo(50.5 / 100);
  });

  it('is never less than one of a hundred, nor more than nine of ten', () => {
    expect(of(0, 10_000).rate).toBe(0.01);
    expect(of(5, 10_000).rate).toBe(0.01);
    expect(of(10_000, 0).rate).toBe(0.9);
  });
});

describe('the rise that is looked for', () => {
  it('is the least rise of the rules for what seldom fails', () => {
    for (const [failed, passed] of [
      [0, 99],
      [10, 89],
      [15, 84],
    ] as const)
      expect(of(failed, passed).raised).toBeCloseTo(of(failed, passed).rate + rules.failureRise);
  });

  it('is to twice as much for what fails more often, and not that far beyond a half', () => {
    const quarter = of(24, 75);
    expect(quarter.rate * 2).toBeGreaterThan(quarter.rate + rules.failureRise);
    expect(quarter.raised).toBeCloseTo(quarter.rate * 2);
    expect(of(28, 71).raised).toBe(0.5);
    expect(of(60, 39).raised).toBeCloseTo(of(60, 39).rate + rules.failureRise);
  });

  it('is of runs that as many fail as do when something is broken', () => {
    expect(ofRuns(0, 99).raised).toBe(rules.troubledShare);
    expect(ofRuns(20, 79).raised).toBe(rules.troubledShare);
    expect(ofRuns(60, 39).raised).toBeCloseTo(ofRuns(60, 39).rate + rules.failureRise);
  });

  it('leaves room for a pass to say something, even of what nearly always fails', () => {
    expect(of(10_000, 0).raised).toBe(0.97);
  });
});

describe('the share of failures lately', () => {
  it('stays where nothing came', () => {
    expect(latelyFailing(0.3, [])).toBe(0.3);
  });

  it('moves three tenths of the way with each outcome', () => {
    expect(latelyFailing(0, [1])).toBeCloseTo(0.3);
    expect(latelyFailing(1, [0])).toBeCloseTo(0.7);
    expect(latelyFailing(0, [1, 1])).toBeCloseTo(0.51);
    expect(latelyFailing(0.5, [0, 1])).toBeCloseTo(0.5);
  });
});
