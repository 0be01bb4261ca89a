// Which jobs take longer than they did. Weeks are compared, of runs that succeeded, so that one slow run is not news; what is
// usual is the middle week of those before, so that one slow week is not the measure.

import { type DurationMs, seconds } from '../time.ts';
import { averageMs } from './tally.ts';

export interface Week {
  /** The day on which it began. */
  monday: number;
  builds: number;
  ms: DurationMs;
}

export interface JobOfWeeks {
  owner: string;
  repository: string;
  workflow: string;
  name: string;
  /** In the order of time. */
  weeks: readonly Week[];
}

export interface Increase extends Omit<JobOfWeeks, 'weeks'> {
  usualMs: DurationMs;
  /** Of its newest week. */
  nowMs: DurationMs;
  /** How much longer, in percent of what was usual. */
  percent: number;
  weeks: readonly { monday: number; builds: number; averageMs: DurationMs }[];
}

/** A job of a second that takes two is no news. */
const leastMs = seconds(5);

/** The jobs whose newest week took at least `percent` longer than usual, and 5 seconds, the largest growth in time first. */
export function increasesIn(jobs: readonly JobOfWeeks[], percent: number): readonly Increase[] {
  return jobs
    .flatMap((job) => increaseOf(job, percent) ?? [])
    .sort((a, b) => b.nowMs - b.usualMs - (a.nowMs - a.usualMs) || (fullName(a) < fullName(b) ? -1 : 1));
}

/** Undefined when it grew by less, or there is nothing to compare with. */
function increaseOf({ weeks, ...job }: JobOfWeeks, leastPercent: number): Increase | undefined {
  const averages = weeks.map(averageMs);
  const nowMs = averages.at(-1);
  const usualMs = middle(averages.slice(0, -1));
  if (nowMs === undefined || usualMs === undefined || usualMs <= 0) return undefined;
  const percent = Math.round((nowMs / usualMs - 1) * 100);
  if (percent < leastPercent || nowMs - usualMs < leastMs) return undefined;
  return {
    ...job,
    ...{ usualMs, nowMs, percent },
    weeks: weeks.map(({ monday, builds }, index) => ({ monday, builds, averageMs: averages[index] ?? 0 })),
  };
}

/** Of two, the lower one: what was ever usual should not be called so much. */
const middle = (values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

const fullName = ({ repository, workflow, name }: Omit<JobOfWeeks, 'weeks'>): string =>
  [repository, workflow, name].join('\u0000');

/** What a run of a job had to work with. Absent when nobody knows any more. */
export interface RunSetting {
  sha: string;
  size: string;
  image?: string;
  host?: string;
}

export const settingNames = ['commit', 'size', 'image', 'host'] as const;
export type SettingName = (typeof settingNames)[number];

/** What was otherwise than in the run before. */
export function changedSettings(before: RunSetting | undefined, now: RunSetting): readonly SettingName[] {
  if (before === undefined) return [];
  const differ = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && a !== b;
  const found: Readonly<Record<SettingName, boolean>> = {
    commit: differ(before.sha, now.sha),
    size: differ(before.size, now.size),
    image: differ(before.image, now.image),
    host: differ(before.host, now.host),
  };
  return settingNames.filter((name) => found[name]);
}
