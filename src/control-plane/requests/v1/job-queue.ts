import type { Caller } from '../../../domain/access/caller.ts';
import type { HostId } from '../../../domain/ids.ts';
import type { Job } from '../../../domain/lifecycle/job.ts';
import { scopeKey } from '../../../domain/scope.ts';
import { type DurationMs, toIso } from '../../../domain/time.ts';
import type { Transaction } from '../../../ports/store.ts';
import { type ApiAnswer, answered } from '../../../wire/api/endpoint.ts';
import type { V1Body, V1QueryOf } from '../../../wire/api-v1/endpoints.ts';
import type { JobStatus } from '../../../wire/api-v1/shapes.ts';
import type { RequestDeps } from '../deps.ts';
import { usualDurations } from '../usual-duration.ts';
import { ownersAsked } from './owners.ts';

/** The client knows no pages. More than this no terminal shows. */
const mostJobs = 2_000;
const nanosecondsInMs = 1_000_000;

export async function jobQueue(
  { store, clock }: Pick<RequestDeps, 'store' | 'clock'>,
  query: V1QueryOf<'jobQueue'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  const owners = ownersAsked(caller, query.owners);
  const json = await store.transaction(async (tx) => {
    const filter = { ...(owners !== undefined && { owners }), states: ['queued', 'running'] as const };
    const jobs = await tx.jobs.list(filter, mostJobs);
    const usual = await usualDurations(tx, jobs, clock.now());
    const hosts = new Map((await tx.hosts.list()).map(({ id, name }) => [id, name]));
    const described: JobStatus[] = [];
    for (const job of jobs) described.push(statusOf(job, await hostOf(tx, job, hosts), usual(job)));
    return described;
  });
  return answered({ json });
}

/** The name of the host that its VM runs on. */
export async function hostOf(
  tx: Transaction,
  job: Job,
  hosts: ReadonlyMap<HostId, string>,
): Promise<string | undefined> {
  const { runner } = job.knowledge;
  const vm = runner === undefined ? undefined : await tx.vms.byRunnerName(scopeKey(job.scope), runner.name);
  return vm?.host === undefined ? undefined : (hosts.get(vm.host) ?? vm.host);
}

export function partsOf({ repository: { fullName } }: Job): { owner: string; repo: string } {
  const slash = fullName.indexOf('/');
  return { owner: fullName.slice(0, slash), repo: fullName.slice(slash + 1) };
}

function statusOf(job: Job, agent: string | undefined, usualMs: DurationMs | undefined): JobStatus {
  const { runner, started, actor, before } = job.knowledge;
  return {
    job_id: job.id,
    ...partsOf(job),
    workflow_name: job.workflowName,
    job_name: job.name,
    ...(actor !== undefined && { actor: actor.login }),
    ...(runner !== undefined && { runner_name: runner.name }),
    status: job.state === 'queued' ? 'queued' : 'in_progress',
    labels: [...job.labels],
    url: job.url,
    updated_at: toIso(job.since),
    ...(started !== undefined && { startedAt: toIso(started.at) }),
    ...(agent !== undefined && { agent_name: agent }),
    ...(usualMs !== undefined && { averageRuntime: Math.round(usualMs) * nanosecondsInMs }),
    queuedAt: toIso(before.queued?.asOf ?? job.firstSeenAt),
  };
}
