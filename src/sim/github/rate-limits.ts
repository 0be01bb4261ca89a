// GitHub's accounting of requests: the hourly limit of each credential, the secondary limit by points, and the limit on
// runner registrations. A refused request costs nothing.

import type { Clock } from '../../ports/clock.ts';
import { type Answer, answer, refuse } from './answer.ts';
import type { Beliefs } from './beliefs.ts';

export interface RateState {
  limit: number;
  used: number;
  remaining: number;
  /** Epoch seconds. */
  reset: number;
}

export interface RateLimits {
  /** Counts one request of a credential; a conditional request that is answered 304 is not charged. */
  charge(credential: string, method: string): Answer<RateState>;
  refund(credential: string): RateState;
  /** What is left, without a request. */
  left(credential: string): RateState;
  /** Counts one runner registration in a scope. */
  register(scope: string): Answer<undefined>;
}

/** What was spent lately, oldest first. */
interface SlidingSum {
  entries: { at: number; cost: number }[];
  total: number;
}

const hourMs = 3_600_000;

export function rateLimitsOn(clock: Clock, beliefs: Beliefs): RateLimits {
  const hourly = new Map<string, { startedAt: number; used: number }>();
  const points = new Map<string, SlidingSum>();
  const registrations = new Map<string, SlidingSum>();

  const window = (credential: string) => {
    const now = clock.now();
    const known = hourly.get(credential);
    if (known && now - known.startedAt < hourMs) return known;
    const fresh = { startedAt: now, used: 0 };
    hourly.set(credential, fresh);
    return fresh;
  };
  const stateOf = (credential: string): RateState => {
    const { startedAt, used } = window(credential);
    const limit = beliefs.requestsPerHour;
    return {
      limit,
      used,
      remaining: Math.max(0, limit - used),
      reset: Math.ceil((startedAt + hourMs) / 1000),
    };
  };
  /** Adds `cost` to a sliding window, or says for how many seconds it is full. */
  const spend = (
    map: Map<string, SlidingSum>,
    key: string,
    cost: number,
    limit: number,
    periodMs: number,
  ): number => {
    const now = clock.now();
    const sum = map.get(key) ?? { entries: [], total: 0 };
    map.set(key, sum);
    let first = sum.entries[0];
    for (; first !== undefined && now - first.at >= periodMs; first = sum.entries[0]) {
      sum.total -= first.cost;
      sum.entries.shift();
    }
    if (sum.total + cost > limit) return Math.max(1, Math.ceil(((first?.at ?? now) + periodMs - now) / 1000));
    sum.entries.push({ at: now, cost });
    sum.total += cost;
    return 0;
  };

  return {
    charge(credential, method) {
      const current = window(credential);
      if (current.used >= beliefs.requestsPerHour) {
        return refuse(403, `API rate limit exceeded for installation ID ${credential}.`);
      }
      const cost = method === 'GET' || method === 'HEAD' ? 1 : 5;
      const waitSeconds = spend(points, credential, cost, beliefs.secondaryPointsPerMinute, 60_000);
      if (waitSeconds > 0) {
        const message =
          'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
        return { ...refuse(403, message), retryAfterSeconds: waitSeconds };
      }
      current.used += 1;
      return answer(stateOf(credential));
    },
    refund(credential) {
      window(credential).used -= 1;
      return stateOf(credential);
    },
    left: stateOf,
    register(scope) {
      const waitSeconds = spend(registrations, scope, 1, beliefs.registrationsPer5Min, 300_000);
      if (waitSeconds === 0) return answer(undefined);
      const message = 'You have exceeded a secondary rate limit for runner registrations.';
      return { ...refuse(403, message), retryAfterSeconds: waitSeconds };
    },
  };
}
