// What one account has built in some days: by repository and by user, most minutes first, both.

import type { DayRange } from './calendar.ts';
import { dayOf } from './calendar.ts';
import type { FinishedJob } from './finished-job.ts';
import { noTally, sumOf, type Tally, tallyOf } from './tally.ts';

/** A job that is over, as far as this report counts it. */
export type CountedJob = Pick<FinishedJob, 'repository' | 'actor' | 'end' | 'ms' | 'endedAt'>;

export interface UsageReport {
  total: Tally;
  repositories: { name: string; tally: Tally }[];
  users: { name: string; tally: Tally }[];
}

/** Counts the jobs that ended in those days. */
export function usageReport(jobs: Iterable<CountedJob>, { from, to }: DayRange): UsageReport {
  const repositories = new Map<string, Tally>();
  const users = new Map<string, Tally>();
  let total = noTally;
  for (const job of jobs) {
    const day = dayOf(job.endedAt);
    if (day < from || day >= to) continue;
    const tally = tallyOf(job);
    total = sumOf(total, tally);
    add(repositories, job.repository, tally);
    add(users, job.actor, tally);
  }
  return { total, repositories: rows(repositories), users: rows(users) };
}

const add = (into: Map<string, Tally>, name: string, tally: Tally): void =>
  void into.set(name, sumOf(into.get(name) ?? noTally, tally));

const rows = (tallies: ReadonlyMap<string, Tally>): { name: string; tally: Tally }[] =>
  [...tallies].map(([name, tally]) => ({ name, tally })).toSorted(mostFirst(({ name }) => name));

/** Most minutes, then most builds, then by name. */
export const mostFirst =
  <Row extends { tally: Tally }>(name: (row: Row) => string) =>
  (a: Row, b: Row): number =>
    b.tally.ms - a.tally.ms || b.tally.builds - a.tally.builds || (name(a) < name(b) ? -1 : 1);
