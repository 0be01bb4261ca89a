import type { LabelKey, ScopeKey } from '../../domain/ids.ts';
import { labelKey } from '../../domain/labels/label-set.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import { scopeKey, scopeOwner } from '../../domain/scope.ts';
import { jobSearchText, wanted } from '../../domain/search/search-text.ts';
import { type Instant, instantOf } from '../../domain/time.ts';
import type { JobFilter, JobTable, Place, RepositoryActivity } from '../../ports/store.ts';
import { newestFirst } from './order.ts';
import type { IndexSpec } from './row-index.ts';
import type { Rows } from './rows.ts';
import type { Session } from './session.ts';
import { createVersionedRows } from './versioned-table.ts';

const order = (a: Job, b: Job): number => a.firstSeenAt - b.firstSeenAt || a.id - b.id;

type Served = 'queued' | 'running';
const isOurs = (job: Job): boolean => job.service.kind === 'ours';
const isOpen = ({ state }: Job): boolean => state === 'waiting' || state === 'queued' || state === 'running';
const isServed = (job: Job): boolean => (job.state === 'queued' || job.state === 'running') && isOurs(job);
const servedKey = (state: Job['state'], scope: ScopeKey, labels: LabelKey): string =>
  `${state} ${scope} ${labels}`;
const repositoryOf = (job: Job): string => job.repository.fullName.toLowerCase();

const indexes = {
  all: { keyOf: () => '', order },
  state: { keyOf: (job) => job.state, order },
  served: {
    keyOf: (job) =>
      isServed(job) ? servedKey(job.state, scopeKey(job.scope), labelKey(job.labels)) : undefined,
    order,
  },
  demand: { keyOf: (job) => (job.state === 'queued' && isOurs(job) ? '' : undefined), order },
  run: { keyOf: (job) => `${job.runId}`, order },
  repository: { keyOf: repositoryOf, order },
  ours: { keyOf: (job) => (isOurs(job) ? repositoryOf(job) : undefined), order },
  open: { keyOf: (job) => (isOurs(job) && isOpen(job) ? repositoryOf(job) : undefined), order },
} satisfies Record<string, IndexSpec<Job>>;

type JobIndex = keyof typeof indexes;
export type JobRows = Rows<Job, JobIndex>;

export function createJobTable(): { participant: JobRows; in(session: Session): JobTable } {
  const versioned = createVersionedRows<Job['id'], Job, JobIndex>({
    name: 'job',
    indexes,
    idOf: (job) => job.id,
    versionOf: (job) => job.version,
    raised: (job) => ({ ...job, version: job.version + 1 }),
    changeOf: ({ id, scope }) => ({ kind: 'job', id: `${id}`, owner: scopeOwner(scope) }),
  });
  const { rows } = versioned;
  const served = (session: Session, state: Served, scope: ScopeKey, labels: LabelKey): Promise<Job[]> =>
    session.statement(() => rows.select(session, 'served', servedKey(state, scope, labels)));

  return {
    participant: rows,
    in: (session) => ({
      ...versioned.in(session),
      async sayWhy(jobs, reason) {
        const table = versioned.in(session);
        // By id, so that two who say something of the same jobs do not wait for one another in a circle.
        for (const { id, version } of jobs.toSorted((a, b) => a.id - b.id)) {
          if ((await table.get(id))?.version !== version) continue;
          const job = await table.lockRow(id);
          if (job?.version === version) await table.update({ ...job, waitingFor: reason });
        }
      },
      queued: (scope, labels) => served(session, 'queued', scope, labels),
      running: (scope, labels) => served(session, 'running', scope, labels),
      allQueued: (limit) => session.statement(() => rows.select(session, 'demand', '', { limit })),
      ofRuns: (runs) =>
        session.statement(() => {
          const found = [...new Set(runs)].flatMap((run) => rows.select(session, 'run', `${run}`));
          return found.sort(order);
        }),
      some: (ids) =>
        session.statement(() => [...new Set(ids)].flatMap((id) => rows.get(session, `${id}`) ?? [])),
      activity: (since) =>
        session.statement(() =>
          [...rows.keys(session, 'ours')].flatMap((repository) =>
            activityOf(rows, session, repository, since),
          ),
        ),
      list: (filter, limit, from) => session.statement(() => listed(rows, session, { filter, limit, from })),
    }),
  };
}

/** For the insights. */
export function openJobs(
  rows: JobRows,
  session: Session,
  owners: readonly string[] | undefined,
): Record<'waiting' | 'queued' | 'running', number> {
  const where = ({ scope }: Job): boolean => owners?.includes(scopeOwner(scope)) ?? true;
  const count = (state: Job['state']): number => rows.select(session, 'state', state, { where }).length;
  return { waiting: count('waiting'), queued: count('queued'), running: count('running') };
}

function activityOf(
  rows: JobRows,
  session: Session,
  repository: string,
  since: Instant,
): readonly RepositoryActivity[] {
  const open = rows.select(session, 'open', repository);
  const [newest] = rows.select(session, 'ours', repository, { newestFirst: true, limit: 1 });
  const lately = newest !== undefined && newest.firstSeenAt >= since ? [newest] : [];
  const counted = [...open, ...lately];
  if (counted.length === 0) return [];
  return [
    {
      repository,
      queued: open.filter(({ state }) => state === 'queued').length,
      open: open.length,
      openRuns: new Set(open.map(({ runId }) => runId)).size,
      lastSeenAt: instantOf(counted.reduce((last, { firstSeenAt }) => Math.max(last, firstSeenAt), 0)),
    },
  ];
}

interface Listing {
  filter: JobFilter;
  limit: number;
  from: Place<Job['id']> | undefined;
}

function listed(rows: JobRows, session: Session, { filter, limit, from }: Listing): Job[] {
  const { states, runId, repository } = filter;
  const where = (job: Job): boolean => matches(job, filter) && isAfter(job, from);
  const selection = { newestFirst: true, limit, where };
  if (runId !== undefined) return rows.select(session, 'run', `${runId}`, selection);
  if (states !== undefined) {
    const found = [...new Set(states)].flatMap((state) => rows.select(session, 'state', state, selection));
    return found.sort(newestFirst(order)).slice(0, limit);
  }
  if (repository !== undefined)
    return rows.select(session, 'repository', repository.toLowerCase(), selection);
  return rows.select(session, 'all', '', selection);
}

const isAfter = ({ firstSeenAt, id }: Job, from: Place<Job['id']> | undefined): boolean =>
  from === undefined || firstSeenAt < from.at || (firstSeenAt === from.at && id < from.id);

function matches(job: Job, filter: JobFilter): boolean {
  return (
    (filter.owner === undefined || scopeOwner(job.scope) === filter.owner) &&
    (filter.owners === undefined || filter.owners.includes(scopeOwner(job.scope))) &&
    (filter.repository === undefined || repositoryOf(job) === filter.repository.toLowerCase()) &&
    (filter.states === undefined || filter.states.includes(job.state)) &&
    (filter.runId === undefined || job.runId === filter.runId) &&
    (filter.text === undefined || jobSearchText(job).includes(wanted(filter.text)))
  );
}
