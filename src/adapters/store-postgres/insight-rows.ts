// The rows of the insights as kysely knows them.

import type { FinishedJob } from '../../domain/insights/finished-job.ts';
import type { RollupKind } from '../../domain/insights/rollup.ts';
import { instantOf } from '../../domain/time.ts';

export interface InsightTables {
  insight_jobs: {
    job: FinishedJob['job'];
    owner: string;
    repository: string;
    workflow: string;
    name: string;
    actor: string;
    ended: FinishedJob['end'];
    ended_at: number;
    ms: number;
    wait_ms: number;
    sha: string;
    labels: string;
    scope: FinishedJob['scope'];
    runner: NonNullable<FinishedJob['runner']> | null;
  };
  measured: {
    scope: string;
    runner: string;
    cpu_percent: number;
    memory_mib: number;
    disk_mib: number;
    cpu_percent_mean: number | null;
    memory_mib_mean: number | null;
    received_bytes: number | null;
    sent_bytes: number | null;
    had_milli_cpus: number;
    had_memory_mib: number;
    had_disk_gib: number;
  };
  measured_weeks: {
    monday: number;
    owner: string;
    repository: string;
    workflow: string;
    name: string;
    labels: string;
    had_milli_cpus: number;
    had_memory_mib: number;
    had_disk_gib: number;
    runs: number;
    ms: number;
    cpu_percent: number;
    memory_mib: number;
    disk_mib: number;
    mean_ms: number;
    cpu_percent_ms: number;
    memory_mib_ms: number;
    traffic_runs: number;
    received_bytes: number;
    sent_bytes: number;
  };
  job_lines: {
    owner: string;
    repository: string;
    workflow: string;
    name: string;
    /** The Monday of its newest week. */
    newest: number;
    weeks: string;
  };
  rollups: {
    kind: RollupKind;
    owner: string;
    day: number;
    repository: string;
    workflow: string;
    name: string;
    builds: number;
    ms: number;
    longest_ms: number;
    success: number;
    failure: number;
    cancelled: number;
    skipped: number;
    other: number;
  };
}

export function storedJob(row: InsightTables['insight_jobs']): FinishedJob {
  const { job, owner, repository, workflow, name, actor, ended, ended_at, ms, wait_ms, sha, labels } = row;
  return {
    ...{ job, owner, repository, workflow, name, actor },
    end: ended,
    endedAt: instantOf(ended_at),
    ...{ ms, waitMs: wait_ms, sha, labels },
    scope: row.scope,
    ...(row.runner !== null && { runner: row.runner }),
  };
}
