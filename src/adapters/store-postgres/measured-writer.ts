// Counts measured runs. A run is a job and what its VM's guest measured, and the two are told by different transactions at about
// the same time: each takes the lock of the runner before it looks for the other's row, so that one of them finds both.

import { sql } from 'kysely';
import type { JobId, RunnerName, ScopeKey } from '../../domain/ids.ts';
import { startOfDay } from '../../domain/insights/calendar.ts';
import type { FinishedJob } from '../../domain/insights/finished-job.ts';
import { joined, type Measurement } from '../../domain/insights/measured.ts';
import { type MeasuredChange, measuredChanges, measuredRun } from '../../domain/insights/measured-rollup.ts';
import type { Db } from './db.ts';
import { lockNumber } from './hashes.ts';
import { storedJob } from './insight-rows.ts';

/** What a transaction was told of one VM. */
export interface Told {
  scope: ScopeKey;
  runner: RunnerName;
  measurement: Measurement;
}

type Runner = Pick<Told, 'scope' | 'runner'>;

export const runnerId = ({ scope, runner }: Runner): string => `${scope} ${runner}`;

/** How a job counted before the transaction, and how it counts now. */
export interface JobChange {
  before: FinishedJob | undefined;
  now: FinishedJob | undefined;
}

/** The runners of these jobs and of what was told, locked until the commit. */
export async function lockRunners(
  db: Db,
  jobs: Iterable<JobChange>,
  told: Iterable<Told>,
): Promise<readonly Runner[]> {
  const runners = new Map<string, Runner>();
  const add = (scope: ScopeKey, runner: RunnerName): void =>
    void runners.set(runnerId({ scope, runner }), { scope, runner });
  for (const { before, now } of jobs)
    for (const job of [before, now]) if (job?.runner !== undefined) add(job.scope, job.runner);
  for (const { scope, runner } of told) add(scope, runner);
  // Everybody takes them in the same order.
  const locks = [...runners.keys()].map((id) => BigInt(lockNumber(`runner ${id}`))).sort(ascending);
  if (locks.length > 0)
    await sql`select pg_advisory_xact_lock(number) from unnest(${locks.map(String)}::bigint[]) as number`.execute(
      db,
    );
  return [...runners.values()];
}

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Keeps what was told, and counts the runs that are other ones now.
 * @param runners as `lockRunners` gave them; the jobs are written.
 */
export async function writeMeasured(
  db: Db,
  runners: readonly Runner[],
  jobs: ReadonlyMap<JobId, JobChange>,
  told: ReadonlyMap<string, Told>,
): Promise<void> {
  const before = await measurementsOf(db, runners);
  if (before.size === 0 && told.size === 0) return;
  const now = new Map(before);
  for (const [id, { measurement }] of told) now.set(id, joined(before.get(id), measurement));
  if (told.size > 0) await putMeasurements(db, [...told.values()], now);
  const all = new Map(jobs);
  for (const job of await jobsOn(db, [...told.values()]))
    if (!all.has(job.job)) all.set(job.job, { before: job, now: job });
  const pairs = [...all.values()].map((job) => ({
    before: measuredRun(job.before, measurementIn(before, job.before)),
    now: measuredRun(job.now, measurementIn(now, job.now)),
  }));
  const changes = [...measuredChanges(pairs)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, change]) => change);
  if (changes.length > 0) await putWeeks(db, changes);
}

const measurementIn = (
  measurements: ReadonlyMap<string, Measurement>,
  job: FinishedJob | undefined,
): Measurement | undefined =>
  job?.runner === undefined
    ? undefined
    : measurements.get(runnerId({ scope: job.scope, runner: job.runner }));

/** The two columns that make a runner, to be joined with. */
const listed = (runners: readonly Runner[]) =>
  sql`unnest(${runners.map(({ scope }) => scope)}::text[], ${runners.map(({ runner }) => runner)}::text[])
    as asked (scope, runner)`;

type StoredMeasurement = Runner &
  Record<'cpu' | 'memory' | 'disk' | 'cpus' | 'mib' | 'gib', number> &
  Record<'cpuMean' | 'memoryMean' | 'received' | 'sent', number | null>;

async function measurementsOf(db: Db, runners: readonly Runner[]): Promise<Map<string, Measurement>> {
  if (runners.length === 0) return new Map();
  const { rows } = await sql<StoredMeasurement>`
    select scope, runner, cpu_percent as cpu, memory_mib as memory, disk_mib as disk,
      cpu_percent_mean as "cpuMean", memory_mib_mean as "memoryMean", received_bytes as received, sent_bytes as sent,
      had_milli_cpus as cpus, had_memory_mib as mib, had_disk_gib as gib
    from measured join ${listed(runners)} using (scope, runner)
  `.execute(db);
  return new Map(
    rows.map((row) => [
      runnerId(row),
      {
        peaks: { cpuPercent: row.cpu, memoryMib: row.memory, diskMib: row.disk },
        ...(row.cpuMean !== null &&
          row.memoryMean !== null && { means: { cpuPercent: row.cpuMean, memoryMib: row.memoryMean } }),
        ...(row.received !== null &&
          row.sent !== null && { traffic: { receivedBytes: row.received, sentBytes: row.sent } }),
        had: { milliCpus: row.cpus, memoryMib: row.mib, diskGib: row.gib },
      },
    ]),
  );
}

async function putMeasurements(
  db: Db,
  told: readonly Told[],
  now: ReadonlyMap<string, Measurement>,
): Promise<void> {
  const rows = told.flatMap(({ scope, runner }) => {
    const measurement = now.get(runnerId({ scope, runner }));
    return measurement === undefined ? [] : [{ scope, runner, ...measurement }];
  });
  const column = (of: (row: (typeof rows)[number]) => string | number | null) => rows.map(of);
  await sql`
    insert into measured
      (scope, runner, cpu_percent, memory_mib, disk_mib, had_milli_cpus, had_memory_mib, had_disk_gib,
        cpu_percent_mean, memory_mib_mean, received_bytes, sent_bytes)
    select * from unnest(${column((row) => row.scope)}::text[], ${column((row) => row.runner)}::text[],
      ${column((row) => row.peaks.cpuPercent)}::bigint[], ${column((row) => row.peaks.memoryMib)}::bigint[],
      ${column((row) => row.peaks.diskMib)}::bigint[], ${column((row) => row.had.milliCpus)}::bigint[],
      ${column((row) => row.had.memoryMib)}::bigint[], ${column((row) => row.had.diskGib)}::bigint[],
      ${column((row) => row.means?.cpuPercent ?? null)}::bigint[], ${column((row) => row.means?.memoryMib ?? null)}::bigint[],
      ${column((row) => row.traffic?.receivedBytes ?? null)}::bigint[],
      ${column((row) => row.traffic?.sentBytes ?? null)}::bigint[])
    on conflict (scope, runner) do update set
      cpu_percent = excluded.cpu_percent, memory_mib = excluded.memory_mib, disk_mib = excluded.disk_mib,
      had_milli_cpus = excluded.had_milli_cpus, had_memory_mib = excluded.had_memory_mib,
      had_disk_gib = excluded.had_disk_gib,
      cpu_percent_mean = excluded.cpu_percent_mean, memory_mib_mean = excluded.memory_mib_mean,
      received_bytes = excluded.received_bytes, sent_bytes = excluded.sent_bytes
  `.execute(db);
}

async function jobsOn(db: Db, runners: readonly Runner[]): Promise<readonly FinishedJob[]> {
  if (runners.length === 0) return [];
  const { rows } = await sql<Parameters<typeof storedJob>[0]>`
    select insight_jobs.* from insight_jobs join ${listed(runners)} using (scope, runner)
  `.execute(db);
  return rows.map(storedJob);
}

async function putWeeks(db: Db, changes: readonly MeasuredChange[]): Promise<void> {
  const column = (of: (change: MeasuredChange) => string | number) => changes.map(of);
  await sql`
    insert into measured_weeks as old (monday, owner, repository, workflow, name, labels, had_milli_cpus,
      had_memory_mib, had_disk_gib, runs, ms, cpu_percent, memory_mib, disk_mib,
      mean_ms, cpu_percent_ms, memory_mib_ms, traffic_runs, received_bytes, sent_bytes)
    select * from unnest(
      ${column(({ key }) => key.monday)}::int[], ${column(({ key }) => key.owner)}::text[],
      ${column(({ key }) => key.repository)}::text[], ${column(({ key }) => key.workflow)}::text[],
      ${column(({ key }) => key.name)}::text[], ${column(({ key }) => key.labels)}::text[],
      ${column(({ key }) => key.had.milliCpus)}::bigint[], ${column(({ key }) => key.had.memoryMib)}::bigint[],
      ${column(({ key }) => key.had.diskGib)}::bigint[], ${column(({ runs }) => runs)}::bigint[],
      ${column(({ ms }) => ms)}::bigint[], ${column(({ peaks }) => peaks.cpuPercent)}::bigint[],
      ${column(({ peaks }) => peaks.memoryMib)}::bigint[], ${column(({ peaks }) => peaks.diskMib)}::bigint[],
      ${column(({ used }) => used.meanMs)}::bigint[], ${column(({ used }) => used.cpuPercentMs)}::bigint[],
      ${column(({ used }) => used.memoryMibMs)}::bigint[], ${column(({ used }) => used.trafficRuns)}::bigint[],
      ${column(({ used }) => used.receivedBytes)}::bigint[], ${column(({ used }) => used.sentBytes)}::bigint[])
    on conflict (monday, owner, repository, workflow, name, md5(labels), had_milli_cpus, had_memory_mib, had_disk_gib)
    do update set
      runs = old.runs + excluded.runs, ms = old.ms + excluded.ms,
      cpu_percent = greatest(old.cpu_percent, excluded.cpu_percent),
      memory_mib = greatest(old.memory_mib, excluded.memory_mib),
      disk_mib = greatest(old.disk_mib, excluded.disk_mib),
      mean_ms = old.mean_ms + excluded.mean_ms, cpu_percent_ms = old.cpu_percent_ms + excluded.cpu_percent_ms,
      memory_mib_ms = old.memory_mib_ms + excluded.memory_mib_ms,
      traffic_runs = old.traffic_runs + excluded.traffic_runs,
      received_bytes = old.received_bytes + excluded.received_bytes,
      sent_bytes = old.sent_bytes + excluded.sent_bytes
  `.execute(db);
  // Rare: a job counts otherwise than before. The rows are ours by now, so nobody else's runs come between.
  for (const { key, removed } of changes) if (removed) await lookForHighest(db, key);
}

async function lookForHighest(db: Db, { had, monday, ...key }: MeasuredChange['key']): Promise<void> {
  const [start, end] = [startOfDay(monday), startOfDay(monday + 7)];
  const { owner, repository, workflow, name, labels } = key;
  await sql`
    update measured_weeks set (cpu_percent, memory_mib, disk_mib) = (
      select coalesce(max(measured.cpu_percent), 0), coalesce(max(measured.memory_mib), 0),
        coalesce(max(measured.disk_mib), 0)
      from insight_jobs as job join measured using (scope, runner)
      where job.owner = ${owner} and job.repository = ${repository} and job.workflow = ${workflow}
        and job.name = ${name} and job.labels = ${labels} and job.ms > 0
        and job.ended_at >= ${start} and job.ended_at < ${end}
        and measured.had_milli_cpus = ${had.milliCpus} and measured.had_memory_mib = ${had.memoryMib}
        and measured.had_disk_gib = ${had.diskGib})
    where monday = ${monday} and owner = ${owner} and repository = ${repository} and workflow = ${workflow}
      and name = ${name} and labels = ${labels} and had_milli_cpus = ${had.milliCpus}
      and had_memory_mib = ${had.memoryMib} and had_disk_gib = ${had.diskGib}
  `.execute(db);
}
