// What the repair loops may spend of GitHub's rate limit. Effects come first: a registration that waits costs a job its time,
// a look that waits costs nothing but certainty. So a share of the limit is never touched by looks.

import type { DurationMs, Instant } from '../time.ts';
import { after, hours } from '../time.ts';

/** What is left of one credential's hourly limit. */
export interface RateBudget {
  /** Calls in a whole window. */
  limit: number;
  remaining: number;
  resetAt: Instant;
  /** GitHub wants to hear nothing before. */
  blockedUntil?: Instant;
}

export interface Allowance {
  /** How many calls may be spent now. */
  calls: number;
  /** How many there are when a window begins. */
  wholeCalls: number;
  /** How long `calls` must last; then there are new ones. */
  until: Instant;
}

const windowMs: DurationMs = hours(1);

/**
 * @param budget undefined when GitHub has not told any: a server of one's own may have no limits.
 * @param share the part of the limit, above 0 and at most 1, that looks may spend.
 */
export function allowanceOf(budget: RateBudget | undefined, share: number, now: Instant): Allowance {
  if (budget === undefined) {
    return {
      calls: Number.POSITIVE_INFINITY,
      wholeCalls: Number.POSITIVE_INFINITY,
      until: after(now, windowMs),
    };
  }
  const { limit, remaining, resetAt, blockedUntil } = budget;
  const wholeCalls = Math.max(1, Math.floor(limit * share));
  if (blockedUntil !== undefined && blockedUntil > now) return { calls: 0, wholeCalls, until: blockedUntil };
  if (resetAt <= now) return { calls: wholeCalls, wholeCalls, until: after(now, windowMs) };
  return { calls: Math.max(0, remaining - (limit - wholeCalls)), wholeCalls, until: resetAt };
}
