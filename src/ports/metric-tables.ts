// What the store sums up for the metrics, so that a scrape reads no row of each job.

import type { Vm } from '../domain/lifecycle/vm.ts';
import type { Instant } from '../domain/time.ts';

/** Jobs of ours are meant throughout: those whose labels we serve. */
export interface MetricTable {
  /** One row for each account and state that has any; `late` counts those that were first heard of before `lateBefore`. */
  openJobs(lateBefore: Instant, filter: MetricFilter): Promise<readonly OpenJobs[]>;
  /** How many jobs of each account were first heard of at `from` or later and before `to`. */
  jobsSeen(from: Instant, to: Instant): Promise<readonly { owner: string; jobs: number }[]>;
  /** The VMs that went at `from` or later and before `to`. In no order. */
  vmsGone(from: Instant, to: Instant): Promise<readonly Vm[]>;
}

export interface MetricFilter {
  /** Only of these lower-cased accounts; of all when left out. */
  owners?: readonly string[];
}

export interface OpenJobs {
  owner: string;
  state: 'waiting' | 'queued' | 'running';
  jobs: number;
  late: number;
  /** When we first heard of the oldest. */
  oldestAt: Instant;
}
