// What VMs' guests measured, and the jobs that ran there.

import { sql } from 'kysely';
import type { RunnerName, ScopeKey } from '../../domain/ids.ts';
import { type DayRange, startOfDay } from '../../domain/insights/calendar.ts';
import type { InsightFilter, MeasuredJob, Measurement } from '../../ports/insight-tables.ts';
import type { Db } from './db.ts';
import { storable } from './tables.ts';

export async function putMeasured(
  db: Db,
  scope: ScopeKey,
  runner: RunnerName,
  { peaks, had }: Measurement,
): Promise<void> {
  await sql`
    insert into measured as old (scope, runner, cpu_percent, memory_mib, disk_mib, had_milli_cpus, had_memory_mib, had_disk_gib)
    values (${scope}, ${runner}, ${peaks.cpuPercent}, ${peaks.memoryMib}, ${peaks.diskMib},
      ${had.milliCpus}, ${had.memoryMib}, ${had.diskGib})
    on conflict (scope, runner) do update set
      cpu_percent = greatest(old.cpu_percent, excluded.cpu_percent),
      memory_mib = greatest(old.memory_mib, excluded.memory_mib),
      disk_mib = greatest(old.disk_mib, excluded.disk_mib),
      had_milli_cpus = excluded.had_milli_cpus, had_memory_mib = excluded.had_memory_mib,
      had_disk_gib = excluded.had_disk_gib
  `.execute(db);
}

export async function measuredJobs(
  db: Db,
  days: DayRange,
  { owners }: Pick<InsightFilter, 'owners'>,
): Promise<readonly MeasuredJob[]> {
  let query = db
    .selectFrom('insight_jobs')
    .innerJoin('measured', (on) =>
      on
        .onRef('measured.scope', '=', 'insight_jobs.scope')
        .onRef('measured.runner', '=', 'insight_jobs.runner'),
    )
    .where('ended_at', '>=', startOfDay(days.from))
    .where('ended_at', '<', startOfDay(days.to))
    .where('ms', '>', 0);
  if (owners !== undefined)
    query = query.where((is) => is('owner', '=', is.fn.any(is.val(owners.map(storable)))));
  const rows = await query
    .select([
      ...grouped,
      sql<string>`count(*)`.as('runs'),
      sql<number>`sum(ms::float8)`.as('ms'),
      sql<string>`max(cpu_percent)`.as('cpu'),
      sql<string>`max(memory_mib)`.as('memory'),
      sql<string>`max(disk_mib)`.as('disk'),
    ])
    .groupBy(grouped)
    .execute();
  return rows.map(({ owner, repository, workflow, name, labels, ...row }) => ({
    ...{ owner, repository, workflow, name, labels },
    runs: Number(row.runs),
    ms: Number(row.ms),
    peaks: { cpuPercent: Number(row.cpu), memoryMib: Number(row.memory), diskMib: Number(row.disk) },
    had: { milliCpus: row.had_milli_cpus, memoryMib: row.had_memory_mib, diskGib: row.had_disk_gib },
  }));
}

const grouped = [
  'owner',
  'repository',
  'workflow',
  'name',
  'labels',
  'had_milli_cpus',
  'had_memory_mib',
  'had_disk_gib',
] as const;
