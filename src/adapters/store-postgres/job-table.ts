import { sql } from 'kysely';
import { labelKey } from '../../domain/labels/label-set.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import { scopeKey, scopeOwner } from '../../domain/scope.ts';
import { jobSearchText } from '../../domain/search/search-text.ts';
import { type Instant, instantOf } from '../../domain/time.ts';
import type { JobTable, RepositoryActivity } from '../../ports/store.ts';
import type { Db } from './db.ts';
import { demandOf } from './hashes.ts';
import { holds } from './search.ts';
import { storable } from './tables.ts';
import { type NoteChange, type Versioning, versionedTable } from './versioned-table.ts';

const versioning: Versioning<Job['id'], Job> = {
  table: 'jobs',
  idOf: (job) => job.id,
  versionOf: (job) => job.version,
  raised: (job) => ({ ...job, version: job.version + 1 }),
  changeOf: ({ id, scope }) => ({ kind: 'job', id: `${id}`, owner: scopeOwner(scope) }),
  columns: (job) => ({
    state: job.state,
    served: job.service.kind === 'ours',
    owner: storable(scopeOwner(job.scope)),
    repository: repositoryColumn(job.repository.fullName),
    run_id: job.runId,
    demand: demandOf(scopeKey(job.scope), labelKey(job.labels)),
    first_seen_at: job.firstSeenAt,
    search: storable(jobSearchText(job)),
  }),
};

const repositoryColumn = (fullName: string): string => storable(fullName.toLowerCase());

export function jobTable(db: Db, note: NoteChange): JobTable {
  const servedIn = (state: 'queued' | 'running') =>
    db
      .selectFrom('jobs')
      .select('doc')
      .where('state', '=', state)
      .where('served', '=', true)
      .orderBy('first_seen_at')
      .orderBy('id');
  return {
    ...versionedTable(db, versioning, note),
    async queued(scope, labels) {
      const rows = await servedIn('queued').where('demand', '=', demandOf(scope, labels)).execute();
      return rows.map((row) => row.doc);
    },
    async running(scope, labels) {
      const rows = await servedIn('running').where('demand', '=', demandOf(scope, labels)).execute();
      return rows.map((row) => row.doc);
    },
    async allQueued(limit) {
      const rows = await servedIn('queued').limit(limit).execute();
      return rows.map((row) => row.doc);
    },
    async ofRuns(runs) {
      const ofRuns = db
        .selectFrom('jobs')
        .select('doc')
        .where((is) => is('run_id', '=', is.fn.any(is.val([...runs]))));
      return (await ofRuns.orderBy('first_seen_at').orderBy('id').execute()).map((row) => row.doc);
    },
    async some(ids) {
      const those = db
        .selectFrom('jobs')
        .select('doc')
        .where((is) => is('id', '=', is.fn.any(is.val([...ids]))));
      return (await those.execute()).map((row) => row.doc);
    },
    async sayWhy(jobs, reason) {
      await sayWhy(db, jobs, reason);
      for (const job of jobs) note(versioning.changeOf(job));
    },
    activity: (since) => activity(db, since),
    async list({ text, owner, owners, repository, states, runId }, limit, from) {
      let query = db.selectFrom('jobs').select('id');
      if (owner !== undefined) query = query.where('owner', '=', storable(owner));
      if (owners !== undefined)
        query = query.where((is) => is('owner', '=', is.fn.any(is.val(owners.map(storable)))));
      if (from !== undefined)
        query = query.where((is) =>
          is(is.refTuple('first_seen_at', 'id'), '<', is.tuple<number, number>(from.at, from.id)),
        );
      if (repository !== undefined) query = query.where('repository', '=', repositoryColumn(repository));
      if (states !== undefined) query = query.where((is) => is('state', '=', is.fn.any(is.val([...states]))));
      if (runId !== undefined) query = query.where('run_id', '=', runId);
      if (text !== undefined) query = query.where((is) => holds(is.ref('search'), text));
      // Found in an index, where it has all that is asked for, and only then read: a row is large.
      const found = query.orderBy('first_seen_at', 'desc').orderBy('id', 'desc').limit(limit);
      const page = db.selectFrom('jobs').select('doc').where('id', 'in', found);
      const rows = await page.orderBy('first_seen_at', 'desc').orderBy('id', 'desc').execute();
      return rows.map((row) => row.doc);
    },
  };
}

async function activity(db: Db, since: Instant): Promise<readonly RepositoryActivity[]> {
  const isOpen = sql<boolean>`state in ('waiting', 'queued', 'running')`;
  const rows = await db
    .selectFrom('jobs')
    .select((is) => [
      'repository',
      is.fn.countAll<string>().filterWhere('state', '=', 'queued').as('queued'),
      is.fn.countAll<string>().filterWhere(isOpen).as('open'),
      is.fn.count<string>('run_id').distinct().filterWhere(isOpen).as('open_runs'),
      is.fn.max('first_seen_at').as('last_seen_at'),
    ])
    .where('served', '=', true)
    .where((is) => is.or([isOpen, is('first_seen_at', '>=', since)]))
    .groupBy('repository')
    .execute();
  return rows.map(({ repository, queued, open, open_runs, last_seen_at }) => ({
    repository,
    queued: Number(queued),
    open: Number(open),
    openRuns: Number(open_runs),
    lastSeenAt: instantOf(last_seen_at),
  }));
}

async function sayWhy(db: Db, jobs: readonly Job[], reason: string): Promise<void> {
  const told = jobs.map((job) => versioning.raised({ ...job, waitingFor: reason }));
  // Locked by id, so that two who say something of the same jobs do not wait for one another in a circle.
  await sql`
    with told as (
      select * from unnest(
        ${told.map(({ id }) => id)}::bigint[],
        ${jobs.map(({ version }) => version)}::bigint[],
        ${told.map((job) => JSON.stringify(job))}::text[]
      ) as told (id, seen, doc)
    ), locked as (
      select jobs.id from jobs join told on told.id = jobs.id and told.seen = jobs.version
      order by jobs.id for update of jobs
    )
    update jobs set version = told.seen + 1, doc = told.doc::json
    from told join locked on locked.id = told.id where jobs.id = told.id
  `.execute(db);
}
