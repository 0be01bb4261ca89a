// How GitHub's limits are kept, as pure rules over the rows that all control planes share. GitHub's headers are the truth
// about the hourly limit; the two limits on registrations are not in any header, so our own calls are counted.

import type { RateBudget } from '../../domain/repair/allowance.ts';
import { after, type DurationMs, type Instant, instantOf, minutes, seconds } from '../../domain/time.ts';
import type { Budget } from '../../ports/store.ts';

/** A limit that GitHub does not show: so many calls in such a window. */
export interface Window {
  max: number;
  ms: DurationMs;
}

/** 900 points a minute, of which a call that changes something costs 5 (GitHub docs, "Rate limits for the REST API"). */
export const registrationsPerApp: Window = { max: 180, ms: minutes(1) };
/** GitHub docs, "Self-hosted runners reference", limits. */
export const registrationsPerScope: Window = { max: 1_500, ms: minutes(5) };
/** The limit of an installation that has not told its own (GitHub docs, "Rate limits for the REST API"). */
export const smallestLimit = 5_000;

const untold: Budget = { remaining: Number.MAX_SAFE_INTEGER, resetAt: instantOf(0), recent: [] };

/** Until when a call must wait; undefined when it may go now. */
export function waitsUntil(
  budget: Budget | undefined,
  now: Instant,
  options: { window?: Window; keep?: number } = {},
): Instant | undefined {
  if (budget === undefined) return undefined;
  const { blockedUntil, remaining, resetAt } = budget;
  if (blockedUntil !== undefined && blockedUntil > now) return blockedUntil;
  if (resetAt > now && remaining <= (options.keep ?? 0)) return resetAt;
  const { window } = options;
  if (window === undefined) return undefined;
  const inside = within(budget.recent, window, now);
  const first = inside[inside.length - window.max];
  return first === undefined ? undefined : after(first, window.ms);
}

/** The budget after one call that starts now. */
export function spend(budget: Budget | undefined, now: Instant, window?: Window): Budget {
  const { remaining, resetAt, limit, blockedUntil, recent } = budget ?? untold;
  return {
    remaining: Math.max(0, remaining - 1),
    resetAt,
    ...(limit === undefined ? {} : { limit }),
    ...(blockedUntil !== undefined && blockedUntil > now ? { blockedUntil } : {}),
    recent: window === undefined ? [] : [...within(recent, window, now), now],
  };
}

/** What the headers of an answer say. Answers may overtake each other, so an older window does not count. */
export function learn(budget: Budget | undefined, headers: RateHeaders): Budget | undefined {
  const before = budget ?? untold;
  if (headers.resetAt < before.resetAt) return budget;
  const { remaining, resetAt, limit } = headers;
  return { ...before, remaining, resetAt, ...(limit === undefined ? {} : { limit }) };
}

export const block = (budget: Budget | undefined, until: Instant): Budget => {
  const before = budget ?? untold;
  return { ...before, blockedUntil: instantOf(Math.max(until, before.blockedUntil ?? 0)) };
};

export interface RateHeaders {
  resource: string;
  remaining: number;
  resetAt: Instant;
  limit?: number;
}

export function rateHeaders(headers: Readonly<Record<string, string | undefined>>): RateHeaders | undefined {
  const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.NaN);
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  const limit = Number(headers['x-ratelimit-limit'] ?? Number.NaN);
  if (!Number.isInteger(remaining) || !Number.isInteger(reset)) return undefined;
  return {
    resource: headers['x-ratelimit-resource'] ?? 'core',
    remaining,
    resetAt: instantOf(seconds(reset)),
    ...(Number.isInteger(limit) ? { limit } : {}),
  };
}

const within = (recent: readonly Instant[], window: Window, now: Instant): readonly Instant[] =>
  recent.filter((at) => after(at, window.ms) > now);

/** The row for those who plan by it; undefined when GitHub has not told of a limit. */
export function toldOf(budget: Budget | undefined): RateBudget | undefined {
  if (budget === undefined || budget.resetAt === untold.resetAt) return undefined;
  const { limit = smallestLimit, remaining, resetAt, blockedUntil } = budget;
  return { limit, remaining, resetAt, ...(blockedUntil === undefined ? {} : { blockedUntil }) };
}
