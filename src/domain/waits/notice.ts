// What was said at GitHub about a wait, and what is to be said next.

import type { CheckRunId, LabelKey, RunId } from '../ids.ts';
import { after, between, hours, type Instant, instantOf, minutes, seconds } from '../time.ts';
import type { ImpossibleWait } from './impossible-wait.ts';

/** One for all jobs of a run with the same labels: a matrix of 256 says its reason once. */
export interface WaitNotice {
  run: RunId;
  labels: LabelKey;
  /** Absent when GitHub did not let us say it. */
  checkRun?: CheckRunId;
  /** The reason that it gives. */
  told: string;
  openedAt: Instant;
  /** Whoever calls GitHub about it keeps others from it until then. */
  busyUntil: Instant;
  /** When it may be tried again, when GitHub did not let us. */
  retryAt?: Instant;
}

/** Many things that look impossible are over in a moment: a host that restarts, one that is added. */
export const graceMs = minutes(2);
export const lookEveryMs = minutes(1);
/** Longer than two calls to GitHub may take. */
export const busyMs = seconds(60);
/** A permission that is missing is not given within minutes. */
export const refusedPauseMs = hours(1);
/** GitHub cancels a job that waits for a day; if we never hear of that, the check run is not left open. */
export const longestMs = hours(25);

export type NextWord =
  | { kind: 'nothing' }
  /** Look again then. */
  | { kind: 'later'; at: Instant }
  | { kind: 'say'; wait: ImpossibleWait; checkRun?: CheckRunId }
  /** Without its id: whichever is open. */
  | { kind: 'end'; checkRun?: CheckRunId }
  /** There is nothing at GitHub to be ended. */
  | { kind: 'forget' };

/** @param leftOpen whether something may have been said that `notice` does not know. */
export function nextWord(
  notice: WaitNotice | undefined,
  wait: ImpossibleWait | undefined,
  now: Instant,
  leftOpen = false,
): NextWord {
  if (notice !== undefined && notice.busyUntil > now) return { kind: 'later', at: notice.busyUntil };
  const isTooOld = notice !== undefined && between(notice.openedAt, now) > longestMs;
  if (wait === undefined || isTooOld) {
    if (notice === undefined) return { kind: leftOpen ? 'end' : 'nothing' };
    if (notice.checkRun !== undefined) return { kind: 'end', checkRun: notice.checkRun };
    // Whoever was to say it died over it, and may have said it.
    return { kind: notice.retryAt === undefined ? 'end' : 'forget' };
  }
  if (notice === undefined) {
    const due = after(wait.since, graceMs);
    return due > now ? { kind: 'later', at: due } : { kind: 'say', wait };
  }
  const next = after(now, lookEveryMs);
  if (notice.checkRun === undefined) {
    const { retryAt = now } = notice;
    return retryAt > now ? { kind: 'later', at: earlier(retryAt, next) } : { kind: 'say', wait };
  }
  return notice.told === wait.reason
    ? { kind: 'later', at: next }
    : { kind: 'say', wait, checkRun: notice.checkRun };
}

const earlier = (a: Instant, b: Instant): Instant => instantOf(Math.min(a, b));
