import type { Job } from '../../domain/lifecycle/job.ts';
import { scopeOwner } from '../../domain/scope.ts';
import { instantOf } from '../../domain/time.ts';
import type { MetricTable, OpenJobs } from '../../ports/metric-tables.ts';
import type { JobRows } from './job-table.ts';
import type { Session } from './session.ts';
import type { VmRows } from './vm-table.ts';

/** It has no rows of its own. */
export const metricsOf = (jobs: JobRows, vms: VmRows, session: Session): MetricTable => ({
  openJobs: (lateBefore, { owners }) =>
    session.statement(() => {
      const open = [...jobs.keys(session, 'open')].flatMap((key) => jobs.select(session, 'open', key));
      const groups = Map.groupBy(open, ({ scope, state }) => `${state} ${scopeOwner(scope)}`);
      return [...groups.values()]
        .map((group) => summed(group, lateBefore))
        .filter(({ owner }) => owners === undefined || owners.includes(owner));
    }),
  jobsSeen: (from, to) =>
    session.statement(() => {
      const seen = jobs.select(session, 'all', '', {
        newestFirst: true,
        while: ({ firstSeenAt }) => firstSeenAt >= from,
        where: ({ firstSeenAt, service }) => firstSeenAt < to && service.kind === 'ours',
      });
      const groups = Map.groupBy(seen, ({ scope }) => scopeOwner(scope));
      return [...groups].map(([owner, group]) => ({ owner, jobs: group.length }));
    }),
  vmsGone: (from, to) =>
    session.statement(() =>
      vms.select(session, 'gone', '', {
        newestFirst: true,
        while: ({ since }) => since >= from,
        where: ({ since }) => since < to,
      }),
    ),
});

/** @param group not empty, of one account and state. */
function summed(group: readonly Job[], lateBefore: number): OpenJobs {
  const [first] = group;
  if (first === undefined) throw new Error('bug: a group of no jobs');
  return {
    owner: scopeOwner(first.scope),
    state: first.state as OpenJobs['state'],
    jobs: group.length,
    late: group.filter(({ firstSeenAt }) => firstSeenAt < lateBefore).length,
    oldestAt: instantOf(Math.min(...group.map(({ firstSeenAt }) => firstSeenAt))),
  };
}
