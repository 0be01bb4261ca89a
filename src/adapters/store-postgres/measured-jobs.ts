// What VMs' guests measured, by the jobs that ran there.

import { sql } from 'kysely';
import type { DayRange } from '../../domain/insights/calendar.ts';
import { averageUse, type UsedSum } from '../../domain/insights/used-sum.ts';
import type { InsightFilter, MeasuredJob } from '../../ports/insight-tables.ts';
import type { Db } from './db.ts';
import { storable } from './tables.ts';

export async function measuredJobs(
  db: Db,
  days: DayRange,
  { owners, ...named }: InsightFilter,
): Promise<readonly MeasuredJob[]> {
  let query = db.selectFrom('measured_weeks').where('monday', '>=', days.from).where('monday', '<', days.to);
  if (owners !== undefined)
    query = query.where((is) => is('owner', '=', is.fn.any(is.val(owners.map(storable)))));
  for (const field of ['repository', 'workflow', 'name'] as const) {
    const value = named[field];
    if (value !== undefined) query = query.where(field, '=', storable(value));
  }
  const rows = await query
    .select([
      ...grouped,
      sql<number>`sum(runs::float8)`.as('runs'),
      sql<number>`sum(ms::float8)`.as('ms'),
      sql<number>`max(cpu_percent)`.as('cpu'),
      sql<number>`max(memory_mib)`.as('memory'),
      sql<number>`max(disk_mib)`.as('disk'),
      ...usedColumns.map(([column, part]) => sql<number>`sum(${sql.ref(column)}::float8)`.as(part)),
    ])
    .groupBy(grouped)
    .having(sql<boolean>`sum(runs::float8) > 0`)
    .execute();
  return rows.map(({ owner, repository, workflow, name, labels, ...row }) => ({
    ...{ owner, repository, workflow, name, labels },
    runs: Number(row.runs),
    ms: Number(row.ms),
    peaks: { cpuPercent: Number(row.cpu), memoryMib: Number(row.memory), diskMib: Number(row.disk) },
    ...averageUse(row),
    had: { milliCpus: row.had_milli_cpus, memoryMib: row.had_memory_mib, diskGib: row.had_disk_gib },
  }));
}

const usedColumns = [
  ['mean_ms', 'meanMs'],
  ['cpu_percent_ms', 'cpuPercentMs'],
  ['memory_mib_ms', 'memoryMibMs'],
  ['traffic_runs', 'trafficRuns'],
  ['received_bytes', 'receivedBytes'],
  ['sent_bytes', 'sentBytes'],
] as const satisfies readonly (readonly [string, keyof UsedSum])[];

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
