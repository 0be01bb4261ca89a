import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { t0 } from '../domain.fixture.ts';
import { type DeliveryGuid, deliveryGuid, installationId } from '../ids.ts';
import { type DurationMs, days, hours, type Instant, minutes, after as plus, seconds } from '../time.ts';
import {
  type Attempt,
  askAgainAt,
  beginWalk,
  decide,
  dropWalk,
  giveUp,
  hasEnough,
  nothingWalked,
  pauseAfter,
  pauseUntilNext,
  type RedeliveryState,
  redeliveryPolicy,
  takePage,
  withoutArrived,
} from './redelivery.ts';

const guid = (n: number): DeliveryGuid => deliveryGuid(`guid-${n}`);
const now: Instant = plus(t0, days(10));
const attempt = (id: number, agoMs: DurationMs, over: Partial<Attempt> = {}): Attempt => ({
  id,
  guid: guid(id),
  event: 'workflow_job',
  deliveredAt: plus(now, -agoMs),
  redelivery: false,
  ...over,
});
const none: ReadonlySet<DeliveryGuid> = new Set();
const anyOne = (): boolean => true;
const walkedOver = (
  attempts: readonly Attempt[],
  known: ReadonlySet<DeliveryGuid> = none,
  state: RedeliveryState = nothingWalked,
): RedeliveryState => takePage(beginWalk(state, now), { attempts }, known, now);
const guidsOf = (all: readonly { guid: DeliveryGuid }[]): readonly string[] => all.map((one) => one.guid);

describe('what is lost', () => {
  it('is what our store does not know, whatever GitHub believes', () => {
    const state = walkedOver([attempt(2, hours(1)), attempt(1, hours(2))], new Set([guid(2)]));
    expect(guidsOf(state.lost)).toEqual([guid(1)]);
  });

  it('is asked for by its newest attempt, all attempts of one GUID being one', () => {
    const again = attempt(9, minutes(5), { guid: guid(1), redelivery: true });
    const [lost, ...others] = walkedOver([again, attempt(1, hours(2))]).lost;
    expect(others).toEqual([]);
    expect(lost).toMatchObject({ attempt: 9, firstAt: plus(now, -hours(2)) });
  });

  it('is nothing that we would not use', () => {
    expect(walkedOver([attempt(1, hours(1), { event: 'star' })]).lost).toEqual([]);
  });

  it('is not asked for while its delivery may still be under way', () => {
    const state = walkedOver([attempt(1, seconds(80))]);
    expect(decide(state, now, anyOne).ask).toEqual([]);
    expect(guidsOf(decide(state, plus(now, seconds(10)), anyOne).ask)).toEqual([guid(1)]);
  });

  it('is forgotten when it has arrived', () => {
    const state = walkedOver([attempt(2, hours(1)), attempt(1, hours(1))]);
    expect(guidsOf(withoutArrived(state, new Set([guid(2)])).lost)).toEqual([guid(1)]);
  });
});

describe('what is kept of a loss', () => {
  it('is whose it is, when it was first, and when it may be asked for', () => {
    const [lost] = walkedOver([attempt(1, hours(1), { installation: installationId(7) })]).lost;
    expect(lost).toStrictEqual({
      guid: guid(1),
      attempt: 1,
      installation: 7,
      firstAt: plus(now, -hours(1)),
      asks: 0,
      nextAskAt: plus(now, redeliveryPolicy.raceMs - hours(1)),
      original: true,
    });
    expect(walkedOver([attempt(1, hours(1))]).lost[0]).not.toHaveProperty('installation');
  });

  it('stays when a walk meets it again: what was asked, when it may be again, and that it was given up', () => {
    const asked = decide(walkedOver([attempt(1, hours(1))]), now, anyOne).state;
    const [before] = asked.lost;
    expect(walkedOver([attempt(1, hours(1), { redelivery: true })], none, asked).lost).toEqual([before]);
    const over = giveUp(asked, new Set([guid(1)]));
    expect(walkedOver([attempt(1, hours(1))], none, over).lost).toEqual(over.lost);
    expect(over.lost[0]?.givenUp).toBe(true);
  });

  it('waits for what GitHub does about it right now', () => {
    const again = attempt(9, seconds(10), { guid: guid(1), redelivery: true });
    const [lost] = walkedOver([attempt(1, hours(1)), again]).lost;
    expect(lost?.nextAskAt).toBe(plus(now, redeliveryPolicy.raceMs - seconds(10)));
  });

  it('is out of reach after GitHub’s window, and not at its end', () => {
    const { windowMs } = redeliveryPolicy;
    expect(guidsOf(walkedOver([attempt(1, windowMs)]).lost)).toEqual([guid(1)]);
    expect(walkedOver([attempt(1, windowMs + 1)]).lost).toEqual([]);
    expect(decide(walkedOver([attempt(1, windowMs)]), now, anyOne).tooOld).toEqual([]);
  });

  it('is enough for the walk to wait when much is open, and not when that was given up', () => {
    const { mostLost } = redeliveryPolicy;
    const many = Array.from({ length: mostLost }, (_, n) => attempt(n + 1, hours(1)));
    const state = walkedOver(many);
    expect([hasEnough(state), hasEnough(walkedOver(many.slice(1)))]).toEqual([true, false]);
    expect(hasEnough(giveUp(state, new Set([guid(1)])))).toBe(false);
  });

  it('is asked for by the older attempt when two are as old', () => {
    const two = [attempt(2, hours(1)), attempt(1, hours(1))];
    expect(decide(walkedOver(two), now, anyOne).ask.map((one) => one.attempt)).toEqual([1, 2]);
  });

  it('counts an ask that did not get through as none, also twice', () => {
    const { state } = decide(walkedOver([attempt(1, hours(1))]), now, anyOne);
    const twice = decide(state, plus(now, hours(1)), anyOne).state;
    expect(askAgainAt(twice, new Set([guid(1)]), now).lost).toMatchObject([{ asks: 1 }]);
    const fresh = walkedOver([attempt(1, hours(1))]);
    expect(askAgainAt(fresh, new Set([guid(1)]), now).lost).toMatchObject([{ asks: 0 }]);
  });
});

describe('an ask', () => {
  it('is made once, and again after 1, 2, 4 … 60 minutes', () => {
    let state = walkedOver([attempt(1, hours(1))]);
    const asked: number[] = [];
    for (let passed = 0; passed < hours(3); passed += seconds(10)) {
      const decision = decide(state, plus(now, passed), anyOne);
      if (decision.ask.length > 0) asked.push(passed / minutes(1));
      state = decision.state;
    }
    expect(asked).toEqual([0, 1, 3, 7, 15, 31, 63, 123]);
    expect(pauseAfter(50)).toBe(hours(1));
  });

  it('that did not get through does not count', () => {
    const { state } = decide(walkedOver([attempt(1, hours(1))]), now, anyOne);
    const later = plus(now, minutes(9));
    expect(askAgainAt(state, new Set([guid(1)]), later).lost).toMatchObject([{ asks: 0, nextAskAt: later }]);
  });

  it('is made for the oldest first, some at a time, and only for those that may be', () => {
    const many = Array.from({ length: 40 }, (_, n) => attempt(n + 1, hours(1) + (n + 1)));
    const { ask } = decide(walkedOver(many), now, ({ attempt: id }) => id % 2 === 0);
    expect(ask.map((one) => one.attempt)).toEqual(Array.from({ length: 20 }, (_, n) => 40 - 2 * n));
    expect(decide(walkedOver(many), now, anyOne).ask).toHaveLength(redeliveryPolicy.asksAtOnce);
  });

  it('is given up when GitHub does not keep it any more', () => {
    const state = walkedOver([attempt(1, days(3) - minutes(1))]);
    expect(decide(state, now, anyOne).tooOld).toEqual([]);
    const late = decide(state, plus(now, minutes(2)), anyOne);
    expect(guidsOf(late.tooOld)).toEqual([guid(1)]);
    expect(late.ask).toEqual([]);
    expect(late.state.lost).toEqual([]);
  });
});

describe('what GitHub does not repeat', () => {
  it('is not asked for again, however often a walk meets it', () => {
    const book = [attempt(1, hours(1))];
    const state = giveUp(walkedOver(book), new Set([guid(1)]));
    expect(decide(state, now, anyOne).ask).toEqual([]);
    expect(decide(walkedOver(book, none, state), plus(now, hours(2)), anyOne).ask).toEqual([]);
    expect(pauseUntilNext(state, now)).toBe(minutes(2));
    const late = decide(state, plus(now, days(3)), anyOne);
    expect([late.tooOld, late.state.lost]).toEqual([[], []]);
  });

  it('may be something of which only redeliveries are left in its book', () => {
    const state = walkedOver([attempt(7, minutes(5), { redelivery: true })]);
    expect(decide(state, now, anyOne).ask).toEqual([]);
    const original = attempt(3, hours(60), { guid: guid(7) });
    expect(decide(walkedOver([original], none, state), now, anyOne).ask).toMatchObject([{ attempt: 7 }]);
  });
});

describe('a walk', () => {
  it('goes back all the way at first, and then to a little before the last one', () => {
    const first = beginWalk(nothingWalked, now);
    expect(first.walk).toEqual({ startedAt: now, backTo: plus(now, -days(3)) });
    const state = walkedOver([]);
    expect(state).toMatchObject({ walkedAt: now, deepAt: now });
    const later = plus(now, minutes(2));
    expect(beginWalk(state, later).walk).toEqual({ startedAt: later, backTo: plus(now, -minutes(15)) });
  });

  it('goes back all the way every few hours', () => {
    const later = plus(now, hours(6));
    expect(beginWalk({ ...walkedOver([]), walkedAt: later }, later).walk.backTo).toBe(plus(later, -days(3)));
  });

  it('goes on where it stopped, and is over at the end of the book', () => {
    const begun = beginWalk(nothingWalked, now);
    const half = takePage(begun, { attempts: [attempt(9, hours(1))], next: 'v1_9' }, none, now);
    expect(half.walkedAt).toBeUndefined();
    const later = plus(now, minutes(1));
    expect(beginWalk(half, later).walk).toEqual({ ...begun.walk, cursor: 'v1_9' });
    const whole = takePage(beginWalk(half, later), { attempts: [attempt(1, hours(2))] }, none, later);
    expect(whole).toMatchObject({ walkedAt: now, deepAt: now });
    expect(whole.walk).toBeUndefined();
    expect(guidsOf(whole.lost)).toEqual([guid(9), guid(1)]);
  });

  it('begins anew when it was left lying, or when GitHub does not know its cursor any more', () => {
    const begun = beginWalk(nothingWalked, now);
    const half = takePage(begun, { attempts: [attempt(9, hours(1))], next: 'v1_9' }, none, now);
    expect(beginWalk(half, plus(now, hours(6))).walk).not.toHaveProperty('cursor');
    const dropped = dropWalk(half);
    expect(beginWalk(dropped, now).walk).not.toHaveProperty('cursor');
    expect(guidsOf(dropped.lost)).toEqual([guid(9)]);
  });

  it('is over when a whole page is older than the last one', () => {
    const state = { ...walkedOver([]), walkedAt: plus(now, -minutes(2)) };
    const pageOf = (...ages: DurationMs[]) => ({
      attempts: ages.map((age, n) => attempt(n, age)),
      next: 'x',
    });
    const mixed = takePage(beginWalk(state, now), pageOf(hours(1), minutes(3), hours(2)), none, now);
    expect(mixed.walk).toBeDefined();
    const old = takePage(beginWalk(state, now), pageOf(hours(1), hours(2)), none, now);
    expect(old).toMatchObject({ walkedAt: now, deepAt: now });
    expect(old.walk).toBeUndefined();
  });
});

describe('the pause until the next round', () => {
  it('is two minutes when nothing is to be done, and short otherwise', () => {
    expect(pauseUntilNext(walkedOver([]), now)).toBe(minutes(2));
    expect(pauseUntilNext(walkedOver([attempt(1, hours(1))]), now)).toBe(seconds(10));
    expect(pauseUntilNext(walkedOver([attempt(1, seconds(50))]), now)).toBe(seconds(40));
    expect(pauseUntilNext(beginWalk(nothingWalked, now), now)).toBe(seconds(10));
  });
});

const anyAttempts = fc.array(
  fc.record({
    id: fc.integer({ min: 1, max: 60 }),
    of: fc.integer({ min: 1, max: 20 }),
    ago: fc.integer({ min: 0, max: days(4) }),
  }),
  { maxLength: 40 },
);

test.prop([anyAttempts, fc.array(fc.integer({ min: 1, max: 20 })), fc.integer({ min: 1, max: 7 })])(
  'however the book is cut into pages, each lost GUID within reach is asked for, once, and nothing else',
  (made, arrived, perPage) => {
    const book = made.map(({ id, of, ago }) => attempt(id, ago, { guid: guid(of) }));
    const known = new Set(arrived.map(guid));
    let state: RedeliveryState = nothingWalked;
    for (let from = 0; from === 0 || from < book.length; from += perPage) {
      const page = { attempts: book.slice(from, from + perPage), next: `${from}` };
      state = takePage(beginWalk(state, now), page, known, now);
      if (state.walk === undefined)
        state = { ...state, walk: { startedAt: now, backTo: plus(now, -days(3)) } };
    }
    const asked: string[] = [];
    const soon = plus(now, redeliveryPolicy.raceMs);
    for (let round = 0; round < 5; round += 1) {
      const decision = decide(state, soon, anyOne);
      asked.push(...guidsOf(decision.ask));
      state = decision.state;
    }
    const within = book.filter((one) => now - one.deliveredAt <= days(3) && !known.has(one.guid));
    const reachable = within.filter((one) =>
      within.every((other) => other.guid !== one.guid || soon - other.deliveredAt <= days(3)),
    );
    expect([...asked].sort()).toEqual([...new Set(guidsOf(reachable))].sort());
  },
);
