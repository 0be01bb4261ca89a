// Counts the jobs that a transaction recorded, as its last statements. All transactions write rollups in the order of their
// keys, and after them what comes of them, so none waits for another in a circle, however many count for one organisation.

import { sql } from 'kysely';
import type { JobId } from '../../domain/ids.ts';
import { startOfDay } from '../../domain/insights/calendar.ts';
import type { FinishedJob } from '../../domain/insights/finished-job.ts';
import { type RollupChange, rollupChanges, rollupId } from '../../domain/insights/rollup.ts';
import type { Db } from './db.ts';
import { storedJob } from './insight-rows.ts';
import { putLines } from './job-lines.ts';
import { lockRunners, type Told, writeMeasured } from './measured-writer.ts';
import { storable } from './tables.ts';

/** What a transaction said of jobs, by their ids, and of the VMs that they ran on, by `runnerId`. */
export interface SaidOfJobs {
  /** How they count now. */
  jobs: Map<JobId, FinishedJob | undefined>;
  measured: Map<string, Told>;
}

export async function writeInsights(db: Db, { jobs, measured }: SaidOfJobs): Promise<void> {
  if (jobs.size === 0 && measured.size === 0) return;
  const before = await countedBefore(db, [...jobs.keys()]);
  const changes = new Map(
    [...jobs].map(([id, job]) => [id, { before: before.get(id), now: job && asStored(job) }]),
  );
  const runners = await lockRunners(db, changes.values(), measured.values());
  await putJobs(
    db,
    [...changes.values()].flatMap(({ now }) => now ?? []),
  );
  await forget(
    db,
    [...changes].filter(([, { now }]) => now === undefined).map(([id]) => id),
  );
  await putRollups(db, rollupChanges([...changes.values()]));
  await writeMeasured(db, runners, changes, measured);
}

async function countedBefore(db: Db, ids: readonly JobId[]): Promise<ReadonlyMap<JobId, FinishedJob>> {
  if (ids.length === 0) return new Map();
  const jobs = db.selectFrom('insight_jobs').selectAll();
  const rows = await jobs.where((is) => is('job', '=', is.fn.any(is.val([...ids])))).execute();
  return new Map(rows.map((row) => [row.job, storedJob(row)]));
}

async function forget(db: Db, ids: readonly JobId[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .deleteFrom('insight_jobs')
    .where((is) => is('job', '=', is.fn.any(is.val([...ids]))))
    .execute();
}

/** As it will be read back. */
const asStored = (job: FinishedJob): FinishedJob => ({
  ...job,
  owner: storable(job.owner),
  repository: storable(job.repository),
  workflow: storable(job.workflow),
  name: storable(job.name),
  actor: storable(job.actor),
  sha: storable(job.sha),
  labels: storable(job.labels),
});

async function putJobs(db: Db, jobs: readonly FinishedJob[]): Promise<void> {
  if (jobs.length === 0) return;
  const column = <K extends keyof FinishedJob>(field: K) => jobs.map((job) => job[field] ?? null);
  await sql`
    insert into insight_jobs
      (job, owner, repository, workflow, name, actor, ended, ended_at, ms, wait_ms, sha, labels, scope, runner)
    select * from unnest(
      ${column('job')}::bigint[], ${column('owner')}::text[], ${column('repository')}::text[],
      ${column('workflow')}::text[], ${column('name')}::text[], ${column('actor')}::text[],
      ${column('end')}::text[], ${column('endedAt')}::bigint[], ${column('ms')}::bigint[],
      ${column('waitMs')}::bigint[], ${column('sha')}::text[], ${column('labels')}::text[],
      ${column('scope')}::text[], ${column('runner')}::text[])
    on conflict (job) do update set
      owner = excluded.owner, repository = excluded.repository, workflow = excluded.workflow, name = excluded.name,
      actor = excluded.actor, ended = excluded.ended, ended_at = excluded.ended_at, ms = excluded.ms,
      wait_ms = excluded.wait_ms, sha = excluded.sha, labels = excluded.labels, scope = excluded.scope,
      runner = excluded.runner
  `.execute(db);
}

async function putRollups(db: Db, changes: readonly RollupChange[]): Promise<void> {
  if (changes.length === 0) return;
  const sorted = inOrder(new Map(changes.map((change) => [rollupId(change.key), change])));
  const key = (field: 'kind' | 'owner' | 'repository' | 'workflow' | 'name') =>
    sorted.map((it) => it.key[field]);
  const sum = (field: keyof RollupChange['add']) => sorted.map(({ add }) => add[field]);
  await sql`
    insert into rollups as old
      (kind, owner, day, repository, workflow, name, builds, ms, longest_ms, success, failure, cancelled, skipped, other)
    select kind, owner, day, repository, workflow, name, builds, ms, longest_ms, success, failure, cancelled, skipped,
      other
    from unnest(
      ${key('kind')}::text[], ${key('owner')}::text[], ${sorted.map((it) => it.key.day)}::int[],
      ${key('repository')}::text[], ${key('workflow')}::text[], ${key('name')}::text[],
      ${sum('builds')}::bigint[], ${sum('ms')}::bigint[], ${sum('longestMs')}::bigint[], ${sum('success')}::bigint[],
      ${sum('failure')}::bigint[], ${sum('cancelled')}::bigint[], ${sum('skipped')}::bigint[], ${sum('other')}::bigint[]
    ) with ordinality as new (kind, owner, day, repository, workflow, name, builds, ms, longest_ms, success, failure,
      cancelled, skipped, other, place)
    order by place
    on conflict (kind, owner, day, repository, workflow, name) do update set
      builds = old.builds + excluded.builds, ms = old.ms + excluded.ms,
      longest_ms = greatest(old.longest_ms, excluded.longest_ms), success = old.success + excluded.success,
      failure = old.failure + excluded.failure, cancelled = old.cancelled + excluded.cancelled,
      skipped = old.skipped + excluded.skipped, other = old.other + excluded.other
  `.execute(db);
  // Rare: a job counts otherwise than before. The rollups are ours by now, so nobody else's jobs come between.
  for (const { key: of, removedMs } of sorted) if (removedMs > 0) await lookForLongest(db, of);
  const weeks = sorted.map((change) => change.key).filter(({ kind }) => kind === 'job');
  const jobs = new Map(weeks.map((week) => [rollupId({ ...week, day: 0 }), week]));
  if (jobs.size > 0) await putLines(db, inOrder(jobs));
}

const inOrder = <Value>(byId: ReadonlyMap<string, Value>): readonly Value[] =>
  [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

async function lookForLongest(db: Db, of: RollupChange['key']): Promise<void> {
  const length = of.kind === 'job' ? 7 : 1;
  const [start, end] = [startOfDay(of.day), startOfDay(of.day + length)];
  let left = db
    .selectFrom('insight_jobs')
    .select((is) => is.fn.coalesce(is.fn.max('ms'), sql<number>`0`).as('ms'))
    .where('owner', '=', of.owner)
    .where('ended_at', '>=', start)
    .where('ended_at', '<', end);
  if (of.kind === 'user') left = left.where('actor', '=', of.name);
  if (of.kind === 'job') left = left.where('name', '=', of.name).where('ended', '=', 'success');
  if (of.kind === 'job' || of.kind === 'workflow') left = left.where('workflow', '=', of.workflow);
  if (of.kind !== 'organization' && of.kind !== 'user') left = left.where('repository', '=', of.repository);
  await db
    .updateTable('rollups')
    .set({ longest_ms: left })
    .where('kind', '=', of.kind)
    .where('owner', '=', of.owner)
    .where('day', '=', of.day)
    .where('repository', '=', of.repository)
    .where('workflow', '=', of.workflow)
    .where('name', '=', of.name)
    .execute();
}
