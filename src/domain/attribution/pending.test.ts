// How much what is not over yet speaks for a change, and what is told of it.

import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { runId } from '../ids.ts';
import { aTime } from './attribution.fixture.ts';
import { middleOf, nothingSeen, withValues } from './histogram.ts';
import { isPastUsual, type OpenPhase, pendingOf, withPending } from './overdue.ts';
import { defaultRules as rules } from './rules.ts';
import { noSpell } from './spell.ts';
import { newStream, type Stream } from './stream.ts';
import { type Usual, usualOf, weightOf } from './usual.ts';

const softMs = 250;
const x = (ms: number): number => Math.log(ms + softMs);
/** Boots of two to four seconds, and some that took far longer. */
const seen = withValues(
  nothingSeen,
  Array.from({ length: 400 }, (_, n) => x(n % 40 === 0 ? 20_000 + 40 * n : 2_000 + 5 * n)),
);
const usual: Usual = usualOf(seen, rules);
const known: Stream = { ...newStream(at(0)), seen, usual: { ...usual, asOf: at(0) } };
const failing: Stream = { ...known, usual: { rate: 0.1, raised: 0.5, asOf: at(0) } };
const boots = (id: number, ms: number, over: Partial<OpenPhase> = {}) =>
  aTime(id, 'booting', ms, over) as OpenPhase;
const gainOf = (...open: readonly OpenPhase[]) => pendingOf(known, open, rules)?.gain ?? 0;
const hangsMs = 3_600_000;

describe('what goes on', () => {
  it('is not overdue where nothing usual is known, where failures are counted, or where nothing goes on', () => {
    expect(pendingOf(newStream(at(0)), [boots(1, hangsMs)], rules)).toBeUndefined();
    expect(pendingOf(failing, [boots(1, hangsMs)], rules)).toBeUndefined();
    expect(
      [undefined, newStream(at(0)), failing].map((stream) => isPastUsual(stream, boots(1, hangsMs))),
    ).toEqual([false, false, false]);
    expect(pendingOf(known, [], rules)).toBeUndefined();
  });

  it('is not overdue while it is not past the middle, nor while it speaks against a change', () => {
    const middleMs = Math.exp(usual.centre) - softMs;
    expect(pendingOf(known, [boots(1, middleMs - 1)], rules)).toBeUndefined();
    expect(pendingOf(known, [boots(1, middleMs + 1)], rules)).toBeDefined();
    const doubtful: Stream = { ...known, usual: { ...usual, offset: 100, asOf: at(0) } };
    expect(isPastUsual(doubtful, boots(1, hangsMs))).toBe(true);
    expect(pendingOf(doubtful, [boots(1, hangsMs)], rules)).toBeUndefined();
  });

  it('is not past the usual exactly at the middle', () => {
    const middle: Stream = { ...known, usual: { ...usual, centre: x(3_000), asOf: at(0) } };
    expect([2_999, 3_000, 3_001].map((ms) => isPastUsual(middle, boots(1, ms)))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('that took longer than all that was seen speaks as if it had ended now', () => {
    expect(gainOf(boots(1, hangsMs))).toBeCloseTo(weightOf(x(hangsMs), usual), 9);
  });

  test.prop([fc.integer({ min: 2_500, max: 40_000 })])(
    'speaks by the mean of what usually takes as long or longer, and of itself',
    (ms) => {
      const longer = seen.bins.filter(([bin]) => middleOf(bin) > x(ms));
      const of = (value: number) => Math.exp(weightOf(value, usual));
      const sum = longer.reduce((all, [bin, count]) => all + count * of(middleOf(bin)), of(x(ms)));
      const count = longer.reduce((all, [, own]) => all + own, 1);
      const expected = x(ms) > usual.centre ? Math.max(0, Math.log(sum / count)) : 0;
      expect(gainOf(boots(1, ms))).toBeCloseTo(expected, 9);
    },
  );

  test.prop([fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 0, max: 20_000 })])(
    'never speaks less when it has taken longer',
    (ms, more) => {
      expect(gainOf(boots(1, ms + more))).toBeGreaterThanOrEqual(gainOf(boots(1, ms)) - 1e-9);
    },
  );

  test.prop([fc.array(fc.integer({ min: 0, max: hangsMs }), { maxLength: 10 })])(
    'is judged the same in whatever order it is told, and listed with the latest last',
    (lengths) => {
      const open = lengths.map((ms, n) => boots(n, ms));
      const pending = pendingOf(known, open, rules);
      expect(pendingOf(known, open.toReversed(), rules)).toEqual(pending);
      const late = pending?.overdue.map((one) => one.x) ?? [];
      expect(late).toEqual(late.toSorted((a, b) => a - b));
    },
  );

  it('is listed by job among those that have taken as long', () => {
    const same = [3, 1, 2].map((id) => boots(id, hangsMs));
    expect(pendingOf(known, same, rules)?.overdue.map(({ sample }) => sample.job)).toEqual([1, 2, 3]);
  });

  it('leaves out what is not overdue', () => {
    const both = pendingOf(known, [boots(1, 1), boots(2, hangsMs)], rules);
    expect(both?.overdue.map(({ sample }) => sample.job)).toEqual([2]);
    expect(both?.gain).toBe(gainOf(boots(2, hangsMs)));
  });
});

describe('what began together', () => {
  const one = gainOf(boots(1, hangsMs));

  it('counts in full up to a limit in one minute, and without a limit in several', () => {
    const limit = rules.fullPerMinute;
    for (const count of [1, limit, limit + 1, 3 * limit]) {
      const burst = Array.from({ length: count }, (_, n) => boots(n, hangsMs));
      expect(pendingOf(known, burst, rules)).toMatchObject({
        gain: expect.closeTo(one * Math.min(count, limit), 9),
        minutes: 1,
      });
      const spread = burst.map((_, n) => boots(n, hangsMs + n * 60_000));
      expect(pendingOf(known, spread, rules)).toMatchObject({
        gain: expect.closeTo(one * count, 9),
        minutes: count,
      });
    }
  });

  it('is told by when it began, however long ago each was looked at', () => {
    const minutesOf = (...began: readonly number[]) =>
      pendingOf(
        known,
        began.map((seconds, n) => boots(n, hangsMs - seconds * 1_000, { at: at(10) })),
        rules,
      )?.minutes;
    // It is ten seconds past the minute, so fifty later a new one begins.
    expect(minutesOf(0, 5, 49)).toBe(1);
    expect(minutesOf(0, 49, 50)).toBe(2);
    expect(minutesOf(-11, 0)).toBe(2);
  });
});

describe('the jobs of a repository', () => {
  const levels = { 'CI / build': { middle: Math.log(60_000), jobs: 9 } };
  const own = withValues(
    nothingSeen,
    Array.from({ length: 200 }, (_, n) => 0.3 * Math.sin(n)),
  );
  const ownUsual = usualOf(own, rules);
  const stream: Stream = { ...newStream(at(0)), seen: own, levels, usual: { ...ownUsual, asOf: at(0) } };
  const runs = (id: number, ms: number, run = id, name = 'CI / build') =>
    aTime(id, 'running', ms, { run: runId(run), name }) as OpenPhase;

  it('of one run are one: the one that is least late speaks', () => {
    const pending = pendingOf(stream, [runs(1, 9e6, 7), runs(2, 8e6, 7), runs(3, 9e6, 8)], rules);
    expect(pending?.overdue.map(({ sample }) => sample.job)).toEqual([2, 3]);
    expect(pending?.gain).toBeCloseTo(2 * weightOf(9, ownUsual), 9);
  });

  it('are late against their own level, and not at all while that is not known', () => {
    expect(isPastUsual(stream, runs(1, 120_000))).toBe(true);
    expect(isPastUsual(stream, runs(1, 30_000))).toBe(false);
    expect(isPastUsual(stream, runs(1, 9e6, 1, 'CI / new'))).toBe(false);
    expect(pendingOf(stream, [runs(1, 9e6, 1, 'CI / new')], rules)).toBeUndefined();
  });

  it('of one run are all counted where the phase is not theirs', () => {
    const sameRun = [1, 2].map((id) => boots(id, hangsMs, { run: runId(7) }));
    expect(pendingOf(known, sameRun, rules)?.overdue).toHaveLength(2);
  });
});

describe('an incident', () => {
  const pending = pendingOf(known, [boots(1, hangsMs), boots(2, hangsMs + 60_000)], rules);

  it('is told as if what is overdue had ended now', () => {
    const told = withPending(known, pending, at(60)).spell;
    expect(told).toMatchObject({ since: at(60), jobs: 2, minutes: 2 });
    expect(told?.examples.map(({ job }) => job)).toEqual([2, 1]);
    const before = { ...noSpell(at(5)), jobs: 3, minutes: 3, sum: 1 };
    const longer = withPending({ ...known, spell: before }, pending, at(60)).spell;
    expect(longer).toMatchObject({ since: at(5), jobs: 5, minutes: 5 });
    expect(longer?.sum).toBeGreaterThan(before.sum);
  });

  it('is told as it is where nothing is overdue, or nothing can be', () => {
    expect(withPending(known, undefined, at(60))).toBe(known);
    const unknown = newStream(at(0));
    expect(withPending(unknown, pending, at(60))).toBe(unknown);
    expect(withPending(failing, pending, at(60))).toBe(failing);
  });
});
