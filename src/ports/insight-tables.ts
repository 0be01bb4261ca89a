// What the store keeps for the insights: a row for each job that is over, and rollups that are kept with it.

import type { JobId, RunnerName, ScopeKey } from '../domain/ids.ts';
import type { DayRange } from '../domain/insights/calendar.ts';
import type { FinishedJob } from '../domain/insights/finished-job.ts';
import type { Measurement } from '../domain/insights/measured.ts';
import type { RollupKind } from '../domain/insights/rollup.ts';
import type { Tally } from '../domain/insights/tally.ts';
import type { Instant } from '../domain/time.ts';

export interface InsightTable {
  /**
   * Says how a job counts now; undefined: not at all. Whoever says it holds the job's row. It is written when the transaction
   * commits, in an order that is the same for everybody, so that two who count for the same organisation never wait for one
   * another in a circle. Until then reads do not see it.
   */
  record(job: JobId, counts: FinishedJob | undefined): void;
  /** One row for each organisation, repository, workflow, user or job that has any, over the days together. In no order. */
  tallies(kind: RollupKind, days: DayRange, filter: InsightFilter): Promise<readonly Tallied[]>;
  /** One row for each day, or for `job` each week, that has any, in their order. */
  daily(kind: RollupKind, days: DayRange, filter: InsightFilter): Promise<readonly TalliedDay[]>;
  /** Each job by name with its weeks, of its newest `weeksKept`, in no order of the jobs. `days` begin on a Monday. */
  weeks(days: DayRange, filter: InsightFilter): Promise<readonly JobWeeks[]>;
  /** The jobs that ended at `from` or later and before `to`, counted one by one: for parts of a day. */
  tallyBetween(from: Instant, to: Instant, filter: Pick<InsightFilter, 'owners'>): Promise<Tally>;
  /** The same by the hour of UTC: one row for each hour that has any, in their order. */
  hourly(from: Instant, to: Instant, filter: Pick<InsightFilter, 'owners'>): Promise<readonly TalliedHour[]>;
  /** Of the jobs of one name that succeeded, the one of each day that took longest, in the order of the days. */
  longest(of: JobName, days: DayRange): Promise<readonly FinishedJob[]>;
  /** How many jobs are open now, of every kind of runner. */
  open(filter: Pick<InsightFilter, 'owners'>): Promise<OpenJobs>;
  /** The jobs of one name, newest first. */
  runs(of: JobName, days: DayRange, limit: number): Promise<readonly FinishedJob[]>;
  /**
   * Keeps what a VM's guest measured: the highest of all that is told of it, and the latest means and traffic. It belongs to the
   * job that its runner had, whether that has ended yet or not. As with `record`, it may be seen only after the commit.
   */
  measure(scope: ScopeKey, runner: RunnerName, told: Measurement): Promise<void>;
  /** The jobs by name and labels that ran in these days on VMs that were measured, in no order. `days` begin on a Monday. */
  measured(days: DayRange, filter: InsightFilter): Promise<readonly MeasuredJob[]>;
  /** Forgets all that is counted, to count anew; keeps others from counting until the transaction ends. */
  clear(): Promise<void>;
}

export interface InsightFilter {
  /** Only of these lower-cased accounts; of all when left out. */
  owners?: readonly string[];
  /** `owner/name`, lower-cased: for repositories, workflows and jobs. */
  repository?: string;
  workflow?: string;
  /** The user, or the job by name. */
  name?: string;
}

/** Fields that the kind says nothing of are empty. */
export interface Tallied {
  owner: string;
  repository: string;
  workflow: string;
  name: string;
  tally: Tally;
}

export interface TalliedDay {
  day: number;
  tally: Tally;
}

export interface MeasuredJob extends JobName, Measurement {
  owner: string;
  labels: string;
  /** Measured ones, and how long they took in all. */
  runs: number;
  ms: number;
}

export interface TalliedHour {
  start: Instant;
  tally: Tally;
}

export interface OpenJobs {
  waiting: number;
  queued: number;
  running: number;
}

export interface JobName {
  repository: string;
  workflow: string;
  name: string;
}

export interface JobWeeks extends JobName {
  owner: string;
  /** In the order of time. */
  weeks: readonly JobWeek[];
}

export interface JobWeek {
  monday: number;
  /** Of the runs that succeeded. */
  builds: number;
  ms: number;
}
