// Rollups: a tally for each organisation, repository, workflow and user on each day, and for each job by name in each week.
// They are kept by difference: what a job counted before is taken off, what it counts now is added.

import type { DurationMs } from '../time.ts';
import { dayOf, mondayOf } from './calendar.ts';
import type { FinishedJob } from './finished-job.ts';
import { noTally, sumOf, type Tally, tallyOf } from './tally.ts';

export const rollupKinds = ['organization', 'repository', 'workflow', 'user', 'job'] as const;
export type RollupKind = (typeof rollupKinds)[number];

/** How many weeks of a job by name can be asked for together, of those that have any: more than the longest period has. */
export const weeksKept = 26;

export interface RollupKey {
  kind: RollupKind;
  /** The day, or for `job` the Monday of its week. */
  day: number;
  owner: string;
  /** Empty where the kind says nothing of it. */
  repository: string;
  workflow: string;
  /** The user's login, or the job's name. */
  name: string;
}

/** Where a job is counted. How long a job takes is told only by its runs that succeed: one that fails is often short. */
export function rollupKeysOf(job: FinishedJob): readonly RollupKey[] {
  const { owner, repository, workflow, name, actor } = job;
  const day = dayOf(job.endedAt);
  const daily: RollupKey[] = [
    { kind: 'organization', day, owner, repository: '', workflow: '', name: '' },
    { kind: 'repository', day, owner, repository, workflow: '', name: '' },
    { kind: 'workflow', day, owner, repository, workflow, name: '' },
    { kind: 'user', day, owner, repository: '', workflow: '', name: actor },
  ];
  if (job.end !== 'success') return daily;
  return [...daily, { kind: 'job', day: mondayOf(day), owner, repository, workflow, name }];
}

/** A key as one text; the parts hold no line breaks that would matter, since each is escaped. */
export const rollupId = ({ kind, day, owner, repository, workflow, name }: RollupKey): string =>
  JSON.stringify([kind, owner, day, repository, workflow, name]);

export interface RollupChange {
  key: RollupKey;
  /** To be added; may be below zero. Its `longestMs` is the longest of what is new. */
  add: Tally;
  /** The longest that was taken away; 0 when nothing was. */
  removedMs: DurationMs;
}

/** What changes when jobs count differently from before, a change for each key, those that come to nothing left out. */
export function rollupChanges(
  jobs: readonly { before: FinishedJob | undefined; now: FinishedJob | undefined }[],
): readonly RollupChange[] {
  const changes = new Map<string, RollupChange>();
  const count = (job: FinishedJob | undefined, sign: 1 | -1): void => {
    if (job === undefined) return;
    for (const key of rollupKeysOf(job)) {
      const id = rollupId(key);
      const { add, removedMs } = changes.get(id) ?? { add: noTally, removedMs: 0 };
      const removed = sign < 0 ? Math.max(removedMs, job.ms) : removedMs;
      changes.set(id, { key, add: sumOf(add, signed(tallyOf(job), sign)), removedMs: removed });
    }
  };
  for (const { before, now } of jobs) {
    count(before, -1);
    count(now, 1);
  }
  return [...changes.values()].filter(isSomething);
}

/** Negative zero would be told apart by whoever compares. */
const signed = (tally: Tally, sign: 1 | -1): Tally =>
  sign > 0
    ? tally
    : {
        ...noTally,
        builds: -tally.builds,
        ms: 0 - tally.ms,
        success: 0 - tally.success,
        failure: 0 - tally.failure,
        cancelled: 0 - tally.cancelled,
        skipped: 0 - tally.skipped,
        other: 0 - tally.other,
      };

const isSomething = ({ add, removedMs }: RollupChange): boolean =>
  removedMs !== add.longestMs || Object.values({ ...add, longestMs: 0 }).some((value) => value !== 0);

/**
 * A rollup after a change.
 * @param longest looks among the jobs that count now; asked only when the longest was taken away.
 */
export function changed(tally: Tally, { add, removedMs }: RollupChange, longest: () => DurationMs): Tally {
  const sum = sumOf(tally, add);
  return removedMs > 0 && removedMs >= tally.longestMs ? { ...sum, longestMs: longest() } : sum;
}

/** The rollups of these jobs, counted from nothing. */
export function recounted(jobs: Iterable<FinishedJob>): Map<string, { key: RollupKey; tally: Tally }> {
  const rollups = new Map<string, { key: RollupKey; tally: Tally }>();
  for (const job of jobs) {
    for (const key of rollupKeysOf(job)) {
      const id = rollupId(key);
      rollups.set(id, { key, tally: sumOf(rollups.get(id)?.tally ?? noTally, tallyOf(job)) });
    }
  }
  return rollups;
}
