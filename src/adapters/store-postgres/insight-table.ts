import { sql } from 'kysely';
import { type DayRange, startOfDay } from '../../domain/insights/calendar.ts';
import type { FinishedJob } from '../../domain/insights/finished-job.ts';
import { joined } from '../../domain/insights/measured.ts';
import type { RollupKind } from '../../domain/insights/rollup.ts';
import type { Tally } from '../../domain/insights/tally.ts';
import { hours, type Instant, instantOf } from '../../domain/time.ts';
import type { InsightFilter, InsightTable, JobName, OpenJobs } from '../../ports/insight-tables.ts';
import type { Db } from './db.ts';
import { storedJob } from './insight-rows.ts';
import type { SaidOfJobs } from './insight-writer.ts';
import { weeksOf } from './job-lines.ts';
import { measuredJobs } from './measured-jobs.ts';
import { runnerId } from './measured-writer.ts';
import { storable } from './tables.ts';

/** @param said is written by `writeInsights` before the commit. */
export function insightTable(db: Db, said: SaidOfJobs): InsightTable {
  return {
    record: (job, counts) => void said.jobs.set(job, counts),
    async tallies(kind, days, filter) {
      const rows = await chosen(db, kind, days, filter)
        .select(['owner', 'repository', 'workflow', 'name', ...sums])
        .groupBy(['owner', 'repository', 'workflow', 'name'])
        .having(sql<boolean>`sum(builds) > 0`)
        .execute();
      return rows.map(({ owner, repository, workflow, name, ...row }) => ({
        ...{ owner, repository, workflow, name },
        tally: tallyIn(row),
      }));
    },
    async daily(kind, days, filter) {
      const rows = await chosen(db, kind, days, filter)
        .select(['day', ...sums])
        .groupBy('day')
        .having(sql<boolean>`sum(builds) > 0`)
        .orderBy('day')
        .execute();
      return rows.map(({ day, ...row }) => ({ day, tally: tallyIn(row) }));
    },
    weeks: (days, filter) => weeksOf(db, days, filter),
    async tallyBetween(from, to, { owners }) {
      const row = await endedBetween(db, from, to, owners).select(counts).executeTakeFirstOrThrow();
      return tallyIn(row);
    },
    async hourly(from, to, { owners }) {
      const rows = await endedBetween(db, from, to, owners)
        .select([hour.as('hour'), ...counts])
        .groupBy('hour')
        .orderBy('hour')
        .execute();
      return rows.map(({ hour, ...row }) => ({ start: instantOf(hours(Number(hour))), tally: tallyIn(row) }));
    },
    async longest(of, days) {
      const rows = await namedRuns(db, of, days)
        .where('ended', '=', 'success')
        .distinctOn(day)
        .selectAll()
        .orderBy(day)
        .orderBy('ms', 'desc')
        .orderBy('job', 'desc')
        .execute();
      return rows.map(storedJob);
    },
    open: ({ owners }) => openJobs(db, owners),
    async runs(of, days, limit) {
      const rows = await namedRuns(db, of, days)
        .selectAll()
        .orderBy('ended_at', 'desc')
        .orderBy('job', 'desc')
        .limit(limit)
        .execute();
      return rows.map(storedJob);
    },
    async measure(scope, runner, told) {
      const id = runnerId({ scope, runner });
      const measurement = joined(said.measured.get(id)?.measurement, told);
      said.measured.set(id, { scope, runner, measurement });
    },
    measured: (days, filter) => measuredJobs(db, days, filter),
    async clear() {
      said.jobs.clear();
      await sql`lock table insight_jobs, rollups, job_lines, measured_weeks in exclusive mode`.execute(db);
      await db.deleteFrom('insight_jobs').execute();
      await db.deleteFrom('rollups').execute();
      await db.deleteFrom('job_lines').execute();
      await db.deleteFrom('measured_weeks').execute();
    },
  };
}

const counted = (end: FinishedJob['end']) => sql<string>`count(*) filter (where ended = ${sql.lit(end)})`;
const hour = sql<string>`ended_at / 3600000`;
const day = sql<string>`ended_at / 86400000`;

const counts = [
  sql<string>`count(*)`.as('builds'),
  sql<string>`coalesce(sum(ms), 0)`.as('ms'),
  sql<string>`coalesce(max(ms), 0)`.as('longest_ms'),
  counted('success').as('success'),
  counted('failure').as('failure'),
  counted('cancelled').as('cancelled'),
  counted('skipped').as('skipped'),
  counted('other').as('other'),
] as const;

function endedBetween(db: Db, from: Instant, to: Instant, owners: readonly string[] | undefined) {
  const query = db.selectFrom('insight_jobs').where('ended_at', '>=', from).where('ended_at', '<', to);
  return owners === undefined ? query : query.where('owner', 'in', listed(owners));
}

async function openJobs(db: Db, owners: readonly string[] | undefined): Promise<OpenJobs> {
  let query = db
    .selectFrom('jobs')
    .select((is) => ['state', is.fn.countAll<string>().as('jobs')])
    .where(sql<boolean>`state in ('waiting', 'queued', 'running')`);
  if (owners !== undefined) query = query.where('owner', 'in', listed(owners));
  const rows = await query.groupBy('state').execute();
  const of = (state: string): number => Number(rows.find((row) => row.state === state)?.jobs ?? 0);
  return { waiting: of('waiting'), queued: of('queued'), running: of('running') };
}

const namedRuns = (db: Db, { repository, workflow, name }: JobName, days: DayRange) =>
  db
    .selectFrom('insight_jobs')
    .where('repository', '=', storable(repository))
    .where('workflow', '=', storable(workflow))
    .where('name', '=', storable(name))
    .where('ended_at', '>=', startOfDay(days.from))
    .where('ended_at', '<', startOfDay(days.to));

/** Sums of bigint are numeric, which is slow; a double holds whole numbers up to 2^53. */
const sumsOf = (column: string) => sql<number>`sum(${sql.ref(column)}::float8)`;
const sums = [
  sumsOf('builds').as('builds'),
  sumsOf('ms').as('ms'),
  sql<string>`max(longest_ms)`.as('longest_ms'),
  sumsOf('success').as('success'),
  sumsOf('failure').as('failure'),
  sumsOf('cancelled').as('cancelled'),
  sumsOf('skipped').as('skipped'),
  sumsOf('other').as('other'),
] as const;

type Sums = Record<Exclude<keyof Tally, 'longestMs'> | 'longest_ms', string | number>;

const tallyIn = (row: Sums): Tally => ({
  builds: Number(row.builds),
  ms: Number(row.ms),
  longestMs: Number(row.longest_ms),
  success: Number(row.success),
  failure: Number(row.failure),
  cancelled: Number(row.cancelled),
  skipped: Number(row.skipped),
  other: Number(row.other),
});

const listed = (texts: readonly string[]) => sql<string>`(select unnest(${texts.map(storable)}::text[]))`;

function chosen(db: Db, kind: RollupKind, days: DayRange, filter: InsightFilter) {
  const { owners, repository, workflow, name } = filter;
  let query = db
    .selectFrom('rollups')
    .where('kind', '=', kind)
    .where('day', '>=', days.from)
    .where('day', '<', days.to);
  if (owners !== undefined) query = query.where('owner', 'in', listed(owners));
  if (repository !== undefined) query = query.where('repository', '=', storable(repository));
  if (workflow !== undefined) query = query.where('workflow', '=', storable(workflow));
  if (name !== undefined) query = query.where('name', '=', storable(name));
  return query;
}
