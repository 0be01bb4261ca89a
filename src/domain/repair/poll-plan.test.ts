import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, t0 } from '../domain.fixture.ts';
import { repositoryId } from '../ids.ts';
import { type DurationMs, hours, type Instant, after as later, minutes } from '../time.ts';
import { type Allowance, allowanceOf, type RateBudget } from './allowance.ts';
import { costOf, type PolledLook, type PollPace, type PollTarget, planPoll, wasListed } from './poll-plan.ts';

const pace: PollPace = { activeMs: minutes(1), latelyMs: minutes(3), allMs: minutes(10) };
const plenty: Allowance = { calls: 1e9, wholeCalls: 1e9, until: later(t0, hours(1)) };
const target = (id: number, over: Partial<PollTarget> = {}): PollTarget => ({
  repository: repositoryId(id),
  queued: 0,
  open: 0,
  runs: 0,
  lastReadAt: t0,
  ...over,
});
const queued = { queued: 1, open: 1, runs: 1 };
const running = { open: 1, runs: 1 };
/** When a repository is read again if nobody presses. */
const nextOf = (one: PollTarget): DurationMs => planPoll([one], plenty, pace, t0).nextAt - t0;

describe('a job was listed lately', () => {
  const now = at(1000);
  const job = { state: 'queued', undecided: false, since: at(100), firstSeenAt: at(100) } as const;
  const whole = { at: at(900), whole: true };
  const listed = (
    over: Partial<Parameters<typeof wasListed>[0]> = {},
    look: PolledLook | undefined = whole,
  ) => wasListed({ ...job, ...over }, look, minutes(5), now);

  it('when a look at all of its repository began since, not long ago', () => {
    expect(listed()).toBe(true);
    expect(listed({ state: 'running' })).toBe(true);
  });

  it.each<[string, boolean]>([
    ['nothing was looked at', wasListed(job, undefined, minutes(5), now)],
    ['GitHub did not tell all', listed({}, { at: at(900) })],
    ['GitHub told all, but of what was before', listed({ since: at(900) })],
    ['the look began before we knew of it', listed({ firstSeenAt: at(901) })],
    ['the look was long ago', listed({}, { at: at(700), whole: true })],
    ['GitHub lists no run that waits', listed({ state: 'waiting' })],
    ['GitHub contradicts itself', listed({ undecided: true })],
  ])('but not when %s', (_why, was) => {
    expect(was).toBe(false);
  });
});

describe('the next look', () => {
  it('is soonest where a job is queued, then where one is open, then where some were, then elsewhere', () => {
    expect(nextOf(target(1, queued))).toBe(minutes(1));
    expect(nextOf(target(1, { awaited: true }))).toBe(minutes(1));
    expect(nextOf(target(1, running))).toBe(minutes(2));
    expect(nextOf(target(1, { lastActiveAt: t0 }))).toBe(minutes(3));
    expect(nextOf(target(1, { lastActiveAt: later(t0, -hours(25)) }))).toBe(minutes(10));
    expect(nextOf(target(1))).toBe(minutes(10));
  });

  it('is now for one that was never looked at', () => {
    const { lastReadAt: _, ...never } = target(1);
    expect(planPoll([never], plenty, pace, t0).read).toEqual([1]);
  });

  it('is later when the limit shrinks, and where jobs are open last of all', () => {
    const hot = target(1, queued);
    const many = Array.from({ length: 100 }, (_, n) => target(n + 2));
    const pauses = (calls: number) => {
      const allowance = { calls, wholeCalls: 3_000, until: later(t0, hours(1)) };
      const dueWithin = (ms: DurationMs) => planPoll([hot, ...many], allowance, pace, later(t0, ms)).read;
      return { hot: dueWithin(minutes(1)).includes(hot.repository), cold: dueWithin(minutes(11)).length };
    };
    expect(pauses(3_000)).toEqual({ hot: true, cold: 101 });
    expect(pauses(600)).toEqual({ hot: true, cold: 1 });
    expect(pauses(40)).toEqual({ hot: false, cold: 1 });
  });

  it('waits for the next window when nothing may be spent', () => {
    const none = { calls: 0, wholeCalls: 3_000, until: at(1_200) };
    const plan = planPoll([target(1, queued)], none, pace, at(90));
    expect(plan).toEqual({ read: [], nextAt: at(690) });
    expect(planPoll([target(1, queued)], { ...none, until: at(300) }, pace, at(90)).nextAt).toBe(at(300));
  });

  it('passes over what does not fit now, and begins with it when the window is new', () => {
    const huge = target(1, { queued: 2_000, open: 2_000, runs: 2_000 });
    const small = target(2, queued);
    const allowance = { calls: 100, wholeCalls: 3_000, until: later(t0, hours(1)) };
    const late = { calls: 3_000, wholeCalls: 3_000, until: later(t0, hours(2)) };
    expect(planPoll([huge, small], allowance, pace, later(t0, minutes(59))).read).toEqual([2]);
    expect(planPoll([huge, small], late, pace, later(t0, hours(2) - minutes(5))).read[0]).toBe(1);
  });
});

describe('the order of looks', () => {
  const order = (...targets: readonly PollTarget[]) => planPoll(targets, plenty, pace, at(0)).read;
  const ago = (id: number, ms: DurationMs, over: Partial<PollTarget> = {}) =>
    target(id, { ...over, lastReadAt: later(t0, -ms) });
  const lately = { lastActiveAt: t0 };

  it('is where jobs are queued, then open, then were lately, then elsewhere', () => {
    const all = [
      ago(1, minutes(11)),
      ago(2, minutes(4), lately),
      ago(3, minutes(3), running),
      ago(4, minutes(1), queued),
    ];
    expect(order(...all)).toEqual([4, 3, 2, 1]);
    expect(order(...all.toReversed())).toEqual([4, 3, 2, 1]);
  });

  it('is among equals by how many pauses they have waited, then by number', () => {
    expect(order(ago(1, minutes(11)), ago(2, minutes(15)), ago(3, minutes(15)))).toEqual([2, 3, 1]);
    expect(order(ago(3, minutes(15)), ago(2, minutes(15)), ago(1, minutes(11)))).toEqual([2, 3, 1]);
  });

  it('begins with what has waited for more than two pauses, the longest first, whatever is open there', () => {
    const all = [ago(1, minutes(2), queued), ago(2, minutes(21)), ago(3, minutes(31))];
    expect(order(...all)).toEqual([3, 2, 1]);
    expect(order(ago(1, minutes(2), queued), ago(2, minutes(20)))).toEqual([1, 2]);
  });
});

describe('what a look costs', () => {
  const calls = (count: number): Allowance => ({ calls: count, wholeCalls: count, until: at(60) });

  it('may be all that is left', () => {
    const due = target(1, { ...queued, lastReadAt: later(t0, -hours(1)) });
    expect(costOf(due)).toBe(3);
    expect(planPoll([due], calls(3), pace, t0).read).toEqual([1]);
    const two = [due, { ...due, repository: repositoryId(2) }];
    expect(planPoll(two, { ...calls(5), wholeCalls: 3_000 }, pace, t0).read).toEqual([1]);
  });

  it('is never asked for again in the same moment', () => {
    expect(
      planPoll([target(1, queued)], { calls: 0, wholeCalls: 3_000, until: t0 }, pace, at(600)).nextAt,
    ).toBe(later(t0, 600_001));
  });

  it('counts a day as lately, and no more', () => {
    const active = (ms: DurationMs) => nextOf(target(1, { lastActiveAt: later(t0, -ms) }));
    expect([active(hours(24) - 1), active(hours(24))]).toEqual([minutes(3), minutes(10)]);
  });
});

const anyTarget = fc.record({
  queued: fc.integer({ min: 0, max: 3 }),
  running: fc.integer({ min: 0, max: 3 }),
  runs: fc.integer({ min: 0, max: 40 }),
  lately: fc.boolean(),
});
const fleetOf = (maxLength: number) =>
  fc.array(anyTarget, { minLength: 1, maxLength }).map((all) =>
    all.map(({ queued: waiting, running: busy, runs, lately }, index) =>
      target(index + 1, {
        queued: waiting,
        open: waiting + busy,
        runs: waiting + busy === 0 ? 0 : runs,
        ...(lately && { lastActiveAt: t0 }),
      }),
    ),
  );
const anyLimit = fc.record({
  limit: fc.integer({ min: 60, max: 5_000 }),
  share: fc.double({ min: 0.2, max: 0.9, noNaN: true }),
});

interface Story {
  reads: ReadonlyMap<number, readonly Instant[]>;
  /** The least that was left to the effects, in each window. */
  leastLeft: number;
}

/** Polls for some hours as GitHub counts: each look costs what was reckoned, and every hour there are new calls. */
function poll(fleet: readonly PollTarget[], limit: number, share: number, forMs: DurationMs): Story {
  let budget: RateBudget = { limit, remaining: limit, resetAt: later(t0, hours(1)) };
  let targets = fleet;
  let now = t0;
  let leastLeft = limit;
  const reads = new Map(fleet.map(({ repository }) => [Number(repository), [t0]]));
  while (now < later(t0, forMs)) {
    if (budget.resetAt <= now) budget = { limit, remaining: limit, resetAt: later(now, hours(1)) };
    const { read, nextAt } = planPoll(targets, allowanceOf(budget, share, now), pace, now);
    for (const id of read) {
      const cost = targets.filter((it) => it.repository === id).map(costOf)[0] ?? 0;
      budget = { ...budget, remaining: budget.remaining - Math.min(cost, Math.floor(limit * share)) };
      reads.get(Number(id))?.push(now);
    }
    const seen = new Set(read);
    targets = targets.map((it) => (seen.has(it.repository) ? { ...it, lastReadAt: now } : it));
    leastLeft = Math.min(leastLeft, budget.remaining);
    now = nextAt;
  }
  return { reads, leastLeft };
}

const longestPause = (times: readonly Instant[], end: Instant): DurationMs =>
  [...times, end].reduce(
    (longest, time, index, all) => Math.max(longest, time - (all[index - 1] ?? time)),
    0,
  );

describe('polling for hours', () => {
  test.prop([fleetOf(60), anyLimit], { numRuns: 60 })(
    'never spends what is left for the effects',
    (fleet, { limit, share }) => {
      expect(poll(fleet, limit, share, hours(3)).leastLeft).toBeGreaterThanOrEqual(
        limit - Math.max(1, Math.floor(limit * share)),
      );
    },
  );

  test.prop([fleetOf(8), anyLimit], { numRuns: 60 })('forgets no repository', (fleet, { limit, share }) => {
    const whole = Math.max(1, Math.floor(limit * share));
    const windows = fleet.reduce((sum, it) => sum + Math.min(whole, costOf(it)), 0) / whole;
    // What all looks cost together, at the smallest part of the pace that a repository may have, thrice over.
    const bound = hours(3 + 3 * windows * (pace.allMs / pace.latelyMs / 0.2));
    const { reads } = poll(fleet, limit, share, 1.5 * bound);
    for (const times of reads.values()) {
      expect(longestPause(times, later(t0, 1.5 * bound))).toBeLessThanOrEqual(bound);
    }
  });

  test.prop([fleetOf(60)], { numRuns: 60 })(
    'looks at every queued job within two pauses while the limit allows for it',
    (fleet) => {
      const hot = fleet.filter(({ open }) => open > 0);
      const perHour = hot.reduce((sum, it) => sum + costOf(it) * (hours(1) / minutes(1)), 0);
      const limit = Math.ceil((perHour / 0.8 / 0.5) * 1.1) + 500;
      const { reads } = poll(fleet, limit, 0.5, hours(3));
      for (const { repository } of fleet.filter((it) => it.queued > 0)) {
        const times = reads.get(Number(repository)) ?? [];
        expect(longestPause(times, later(t0, hours(3)))).toBeLessThanOrEqual(2 * pace.activeMs);
      }
    },
  );
});
