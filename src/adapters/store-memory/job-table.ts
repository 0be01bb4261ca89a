import { labelKey } from '../../domain/labels/label-set.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import { scopeKey, scopeOwner } from '../../domain/scope.ts';
import type { JobFilter, JobTable } from '../../ports/store.ts';
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
  const isDemand = (job: Job): boolean => job.state === 'queued' && job.service.kind === 'ours';

  return {
    participant: rows,
    in: (session) => ({
      ...versioned.in(session),
      queued: (scope, labels) =>
        session.statement(() =>
          rows
            .select(
              session,
              (job) => isDemand(job) && scopeKey(job.scope) === scope && labelKey(job.labels) === labels,
            )
            .sort(oldest),
        ),
      allQueued: (limit) =>
        session.statement(() => rows.select(session, isDemand).sort(oldest).slice(0, limit)),
      ofRuns: (runs) =>
        session.statement(() => rows.select(session, (job) => runs.includes(job.runId)).sort(oldest)),
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

function matches(job: Job, filter: JobFilter): boolean {
  return (
    (filter.owner === undefined || scopeOwner(job.scope) === filter.owner) &&
    (filter.repository === undefined ||
      job.repository.fullName.toLowerCase() === filter.repository.toLowerCase()) &&
    (filter.states === undefined || filter.states.includes(job.state)) &&
    (filter.runId === undefined || job.runId === filter.runId)
  );
}
