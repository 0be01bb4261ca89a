import type { LabelKey, ScopeKey } from '../../domain/ids.ts';
import { labelKey } from '../../domain/labels/label-set.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import { scopeKey, scopeOwner } from '../../domain/scope.ts';
import { instantOf } from '../../domain/time.ts';
import type { JobFilter, JobTable, RepositoryActivity } from '../../ports/store.ts';
import { by, newestFirst } from './order.ts';
import type { Participant, Session } from './session.ts';
import { createVersionedRows } from './versioned-table.ts';

const oldest = by<Job>(
  (job) => job.firstSeenAt,
  (job) => job.id,
);

export function createJobTable(): { participant: Participant; in(session: Session): JobTable } {
  const versioned = createVersionedRows({
    name: 'job',
    idOf: (job: Job) => job.id,
    versionOf: (job) => job.version,
    raised: (job) => ({ ...job, version: job.version + 1 }),
  });
  const { rows } = versioned;
  const isServed = (job: Job, state: 'queued' | 'running'): boolean =>
    job.state === state && job.service.kind === 'ours';
  const isDemand = (job: Job): boolean => isServed(job, 'queued');

  const served = (session: Session, state: 'queued' | 'running', scope: ScopeKey, labels: LabelKey) =>
    session.statement(() =>
      rows
        .select(
          session,
          (job) => isServed(job, state) && scopeKey(job.scope) === scope && labelKey(job.labels) === labels,
        )
        .sort(oldest),
    );

  return {
    participant: rows,
    in: (session) => ({
      ...versioned.in(session),
      queued: (scope, labels) => served(session, 'queued', scope, labels),
      running: (scope, labels) => served(session, 'running', scope, labels),
      allQueued: (limit) =>
        session.statement(() => rows.select(session, isDemand).sort(oldest).slice(0, limit)),
      ofRuns: (runs) =>
        session.statement(() => rows.select(session, (job) => runs.includes(job.runId)).sort(oldest)),
      activity: (since) =>
        session.statement(() =>
          activityOf(rows.select(session, (job) => isOurs(job) && (isOpen(job) || job.firstSeenAt >= since))),
        ),
      list: (filter, limit) =>
        session.statement(() =>
          rows
            .select(session, (job) => matches(job, filter))
            .sort(newestFirst(oldest))
            .slice(0, limit),
        ),
    }),
  };
}

const isOurs = (job: Job): boolean => job.service.kind === 'ours';
const isOpen = ({ state }: Job): boolean => state === 'waiting' || state === 'queued' || state === 'running';

function activityOf(jobs: readonly Job[]): readonly RepositoryActivity[] {
  const byRepository = Map.groupBy(jobs, (job) => job.repository.fullName.toLowerCase());
  return [...byRepository].map(([repository, all]) => {
    const open = all.filter(isOpen);
    return {
      repository,
      queued: open.filter(({ state }) => state === 'queued').length,
      open: open.length,
      openRuns: new Set(open.map(({ runId }) => runId)).size,
      lastSeenAt: instantOf(all.reduce((newest, { firstSeenAt }) => Math.max(newest, firstSeenAt), 0)),
    };
  });
}

function matches(job: Job, filter: JobFilter): boolean {
  return (
    (filter.owner === undefined || scopeOwner(job.scope) === filter.owner) &&
    (filter.repository === undefined ||
      job.repository.fullName.toLowerCase() === filter.repository.toLowerCase()) &&
    (filter.states === undefined || filter.states.includes(job.state)) &&
    (filter.runId === undefined || job.runId === filter.runId)
  );
}
