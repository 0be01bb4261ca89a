import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, type Instant, instantOf, minutes } from '../../domain/time.ts';
import type { Budget } from '../../ports/store.ts';
import { block, learn, rateHeaders, registrationsPerApp, spend, toldOf, waitsUntil } from './budget-rules.ts';

const at = instantOf;
const budget = (changes: Partial<Budget> = {}): Budget => ({
  remaining: 100,
  resetAt: at(5_000),
  recent: [],
  ...changes,
});

describe('a budget', () => {
  it('of which nothing is known lets calls go', () => {
    expect(waitsUntil(undefined, at(0))).toBeUndefined();
    expect(waitsUntil(spend(undefined, at(0)), at(1))).toBeUndefined();
  });

  it('that is used up waits for its reset', () => {
    expect(waitsUntil(budget({ remaining: 0 }), at(4_999))).toBe(5_000);
    expect(waitsUntil(budget({ remaining: 0 }), at(5_000))).toBeUndefined();
  });

  it('keeps a reserve from those who can wait', () => {
    expect(waitsUntil(budget({ remaining: 500 }), at(0), { keep: 500 })).toBe(5_000);
    expect(waitsUntil(budget({ remaining: 500 }), at(0))).toBeUndefined();
    expect(waitsUntil(budget({ remaining: 501 }), at(0), { keep: 500 })).toBeUndefined();
  });

  it('is shut for as long as GitHub says, and the longer word wins', () => {
    const shut = block(block(budget(), at(9_000)), at(7_000));
    expect(waitsUntil(shut, at(8_999))).toBe(9_000);
    expect(waitsUntil(shut, at(9_000))).toBeUndefined();
    expect(spend(shut, at(9_000)).blockedUntil).toBeUndefined();
  });

  it('believes the headers, but not those of an older window', () => {
    const headers = (remaining: number, resetAt: number) => ({
      resource: 'core',
      remaining,
      resetAt: at(resetAt),
    });
    expect(learn(budget({ remaining: 3 }), headers(90, 5_000))?.remaining).toBe(90);
    expect(learn(budget({ remaining: 3 }), headers(5_000, 8_000))).toMatchObject({
      remaining: 5_000,
      resetAt: 8_000,
    });
    expect(learn(budget({ remaining: 3 }), headers(90, 4_000))?.remaining).toBe(3);
    expect(learn(undefined, headers(90, 4_000))?.remaining).toBe(90);
  });

  it('counts its own calls down in between', () => {
    expect(spend(budget({ remaining: 3 }), at(0)).remaining).toBe(2);
    expect(spend(budget({ remaining: 0 }), at(0)).remaining).toBe(0);
  });

  it('never lets more calls into any window than the limit, and never fewer than it could', () => {
    const window = { max: 5, ms: 100 };
    fc.assert(
      fc.property(fc.array(fc.nat(60), { maxLength: 80 }), (gaps) => {
        let now: Instant = at(0);
        let state: Budget | undefined;
        const went: Instant[] = [];
        for (const gap of gaps) {
          now = after(now, gap);
          const insideAt = (moment: number) => went.filter((start) => start + window.ms > moment).length;
          const until = waitsUntil(state, now, { window });
          expect(until === undefined).toBe(insideAt(now) < window.max);
          if (until === undefined) {
            state = spend(state, now, window);
            went.push(now);
          } else {
            expect([insideAt(until) < window.max, insideAt(until - 1) < window.max]).toEqual([true, false]);
          }
        }
      }),
    );
  });

  it('lets 180 registrations a minute go for one App', () => {
    let state: Budget | undefined;
    for (let i = 0; i < 180; i++) state = spend(state, at(i), registrationsPerApp);
    expect(waitsUntil(state, at(200), { window: registrationsPerApp })).toBe(minutes(1));
    expect(waitsUntil(state, at(minutes(1)), { window: registrationsPerApp })).toBeUndefined();
  });
});

describe('rate limit headers', () => {
  it('are read when they are whole', () => {
    expect(
      rateHeaders({
        'x-ratelimit-remaining': '7',
        'x-ratelimit-reset': '12',
        'x-ratelimit-resource': 'search',
      }),
    ).toEqual({ resource: 'search', remaining: 7, resetAt: 12_000 });
    expect(rateHeaders({ 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': '12' })?.resource).toBe('core');
    expect(
      rateHeaders({ 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': '12', 'x-ratelimit-limit': '15000' })
        ?.limit,
    ).toBe(15_000);
    expect(rateHeaders({ 'x-ratelimit-remaining': '7' })).toBeUndefined();
    expect(rateHeaders({ 'x-ratelimit-remaining': 'many', 'x-ratelimit-reset': '1' })).toBeUndefined();
  });
});

describe('what is left', () => {
  const headers = { resource: 'core', remaining: 12, resetAt: at(5_000) };

  it('is not known before GitHub has told', () => {
    expect(toldOf(undefined)).toBeUndefined();
    expect(toldOf(spend(undefined, at(1)))).toBeUndefined();
  });

  it('is what the headers said less what was spent since, of the limit that they named', () => {
    const told = spend(learn(undefined, { ...headers, limit: 15_000 }), at(1));
    expect(toldOf(told)).toEqual({ limit: 15_000, remaining: 11, resetAt: 5_000 });
    expect(toldOf(learn(undefined, headers))?.limit).toBe(5_000);
  });

  it('is shut while GitHub wants to hear nothing', () => {
    const shut = block(learn(undefined, headers), at(900));
    expect(toldOf(shut)).toMatchObject({ blockedUntil: 900 });
  });
});
