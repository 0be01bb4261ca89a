// What measured runs add up to: for each job by name, labels and size of its VM, in each week. Like the rollups these are kept by
// difference; a highest that is taken away has to be looked for among the runs that are left.

import type { DurationMs } from '../time.ts';
import { dayOf, mondayOf } from './calendar.ts';
import type { FinishedJob } from './finished-job.ts';
import { highest, type Measurement, noPeaks, type Peaks, type Size } from './measured.ts';
import { addedUse, isSameUse, noUse, type UsedSum, usedIn } from './used-sum.ts';

export interface MeasuredKey
  extends Pick<FinishedJob, 'owner' | 'repository' | 'workflow' | 'name' | 'labels'> {
  /** Its week began on this day. */
  monday: number;
  had: Size;
}

export interface MeasuredRun {
  key: MeasuredKey;
  ms: DurationMs;
  peaks: Peaks;
  used: UsedSum;
}

/** Undefined where nothing was measured, or the job never ran. */
export function measuredRun(
  job: FinishedJob | undefined,
  told: Measurement | undefined,
): MeasuredRun | undefined {
  if (job === undefined || told === undefined || job.ms <= 0) return undefined;
  const { owner, repository, workflow, name, labels, endedAt, ms } = job;
  const { milliCpus, memoryMib, diskGib } = told.had;
  const key = { monday: mondayOf(dayOf(endedAt)), owner, repository, workflow, name, labels };
  const size = { milliCpus, memoryMib, diskGib };
  return { key: { ...key, had: size }, ms, peaks: told.peaks, used: usedIn(told, ms) };
}

/** A key as one text; keys sort as these do. */
export const measuredId = ({ monday, owner, repository, workflow, name, labels, had }: MeasuredKey): string =>
  JSON.stringify([
    ...[monday, owner, repository, workflow, name, labels],
    ...[had.milliCpus, had.memoryMib, had.diskGib],
  ]);

export interface MeasuredChange {
  key: MeasuredKey;
  /** To be added; may be below zero. */
  runs: number;
  ms: DurationMs;
  used: UsedSum;
  /** The highest of what is new. */
  peaks: Peaks;
  /** Something was taken away, so that the highest may be lower now. */
  removed: boolean;
}

/** A change for each key that anything changes of, by `measuredId`. */
export function measuredChanges(
  runs: Iterable<{ before: MeasuredRun | undefined; now: MeasuredRun | undefined }>,
): ReadonlyMap<string, MeasuredChange> {
  const changes = new Map<string, MeasuredChange>();
  const change = (key: MeasuredKey, by: (old: MeasuredChange) => Partial<MeasuredChange>): void => {
    const id = measuredId(key);
    const old = changes.get(id) ?? { key, runs: 0, ms: 0, used: noUse, peaks: noPeaks, removed: false };
    changes.set(id, { ...old, ...by(old) });
  };
  for (const { before, now } of runs) {
    if (before !== undefined && now !== undefined && isTheSame(before, now)) continue;
    // Most measurements only rise: nothing is taken away then.
    const rose = before !== undefined && now !== undefined && isAbove(now, before);
    if (before !== undefined)
      change(before.key, (old) => ({
        runs: old.runs - 1,
        ms: old.ms - before.ms,
        used: addedUse(old.used, before.used, -1),
        removed: old.removed || !rose,
      }));
    if (now !== undefined)
      change(now.key, (old) => ({
        runs: old.runs + 1,
        ms: old.ms + now.ms,
        used: addedUse(old.used, now.used),
        peaks: highest(old.peaks, now.peaks),
      }));
  }
  return changes;
}

const isTheSame = (a: MeasuredRun, b: MeasuredRun): boolean =>
  a.ms === b.ms && isSameUse(a.used, b.used) && isAbove(a, b) && isAbove(b, a);

/** Counted under the same key, and nowhere lower. */
const isAbove = (a: MeasuredRun, b: MeasuredRun): boolean =>
  measuredId(a.key) === measuredId(b.key) &&
  a.peaks.cpuPercent >= b.peaks.cpuPercent &&
  a.peaks.memoryMib >= b.peaks.memoryMib &&
  a.peaks.diskMib >= b.peaks.diskMib;
