import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { hours, after as later } from '../time.ts';
import { allowanceOf, type RateBudget } from './allowance.ts';

const now = at(0);
const budget = (over: Partial<RateBudget> = {}): RateBudget => ({
  limit: 5_000,
  remaining: 5_000,
  resetAt: at(1_800),
  ...over,
});

describe('what looks may spend', () => {
  it('is their share of what is left, until there is more', () => {
    expect(allowanceOf(budget(), 0.6, now)).toEqual({ calls: 3_000, wholeCalls: 3_000, until: at(1_800) });
    expect(allowanceOf(budget({ remaining: 2_500 }), 0.6, now).calls).toBe(500);
  });

  it('is nothing when only the share of the effects is left', () => {
    expect(allowanceOf(budget({ remaining: 2_000 }), 0.6, now).calls).toBe(0);
    expect(allowanceOf(budget({ remaining: 3 }), 0.6, now).calls).toBe(0);
  });

  it('is whole again when the window is over, whatever the last answer said', () => {
    const spent = budget({ remaining: 0, resetAt: now });
    expect(allowanceOf(spent, 0.6, now)).toEqual({
      calls: 3_000,
      wholeCalls: 3_000,
      until: later(now, hours(1)),
    });
  });

  it('is nothing while GitHub wants to hear nothing', () => {
    expect(allowanceOf(budget({ blockedUntil: at(60) }), 0.6, now)).toMatchObject({
      calls: 0,
      until: at(60),
    });
    expect(allowanceOf(budget({ blockedUntil: now }), 0.6, now).calls).toBe(3_000);
  });

  it('has no bound where GitHub tells of none', () => {
    expect(allowanceOf(undefined, 0.6, now).calls).toBe(Number.POSITIVE_INFINITY);
  });

  const anyBudget = fc.record({
    limit: fc.integer({ min: 1, max: 15_000 }),
    used: fc.double({ min: 0, max: 1, noNaN: true }),
    share: fc.double({ min: 0.05, max: 1, noNaN: true }),
  });
  test.prop([anyBudget])('leaves the effects what is theirs', ({ limit, used, share }) => {
    const remaining = Math.floor(limit * (1 - used));
    const { calls, wholeCalls } = allowanceOf(budget({ limit, remaining }), share, now);
    expect(calls).toBeLessThanOrEqual(Math.max(0, remaining - (limit - wholeCalls)));
    expect(calls).toBeGreaterThanOrEqual(0);
    expect(wholeCalls).toBeLessThanOrEqual(Math.max(1, limit * share));
  });
});
