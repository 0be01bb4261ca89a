// A tally counts jobs. All of it but the longest can be taken away again by subtraction; a longest that is taken away has to
// be looked for among those that are left.

import type { DurationMs } from '../time.ts';
import type { CountedEnd, FinishedJob } from './finished-job.ts';

export interface Tally extends Record<CountedEnd, number> {
  builds: number;
  /** The sum of their durations. */
  ms: DurationMs;
  longestMs: DurationMs;
}

export const noTally: Tally = {
  builds: 0,
  ms: 0,
  longestMs: 0,
  success: 0,
  failure: 0,
  cancelled: 0,
  skipped: 0,
  other: 0,
};

export const tallyOf = ({ end, ms }: Pick<FinishedJob, 'end' | 'ms'>): Tally => ({
  ...noTally,
  builds: 1,
  ms,
  longestMs: ms,
  [end]: 1,
});

/** Of two disjoint sets of jobs. */
export function sumOf(a: Tally, b: Tally): Tally {
  return {
    builds: a.builds + b.builds,
    ms: a.ms + b.ms,
    longestMs: Math.max(a.longestMs, b.longestMs),
    success: a.success + b.success,
    failure: a.failure + b.failure,
    cancelled: a.cancelled + b.cancelled,
    skipped: a.skipped + b.skipped,
    other: a.other + b.other,
  };
}

/** Of the jobs that ran: skipped ones, and those that were cancelled in the queue, last 0 ms and count too. */
export const averageMs = ({ ms, builds }: Pick<Tally, 'ms' | 'builds'>): DurationMs =>
  builds === 0 ? 0 : Math.round(ms / builds);
