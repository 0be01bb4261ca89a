import { type Caller, ownersSeen, sees } from '../../domain/access/caller.ts';
import { type JobId, jobId, type VmId } from '../../domain/ids.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import { scopeKey, scopeOwner } from '../../domain/scope.ts';
import { toIso } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { ApiEvent, ApiJob } from '../../wire/api/jobs.ts';
import type { RequestDeps } from './deps.ts';

type Deps = Pick<RequestDeps, 'store' | 'clock'>;

export async function listJobs(
  deps: Deps,
  { query }: RequestOf<'listJobs'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'listJobs'>>> {
  const jobs = await deps.store.transaction(async (tx) => {
    const filter = {
      ...ownersSeen(caller),
      ...(query.owner === undefined ? {} : { owner: query.owner.toLowerCase() }),
      ...(query.repository === undefined ? {} : { repository: query.repository }),
      ...(query.state === undefined ? {} : { states: [query.state] }),
      ...(query.run === undefined ? {} : { runId: query.run }),
    };
    const rows = await tx.jobs.list(filter, query.limit);
    const described: ApiJob[] = [];
    for (const job of rows) described.push(await describeJob(tx, job));
    return described;
  });
  return answered({ now: toIso(deps.clock.now()), jobs });
}

/** A job's own lines and those of the VMs on its account or with it inside, by time. */
export async function jobEvents(
  deps: Deps,
  { params, query }: RequestOf<'jobEvents'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'jobEvents'>>> {
  const id = jobId(params.job);
  const found = await deps.store.transaction(async (tx) => {
    const row = await tx.jobs.get(id);
    if (row === undefined || !sees(caller, scopeOwner(row.scope))) return undefined;
    const job = await describeJob(tx, row);
    const lines = await storyOf(tx, id, job.vm, query.limit);
    return { job, events: lines.map(describeLine) };
  });
  return found === undefined
    ? refused(404, 'No such job', `We know no job ${params.job}. See them: bellows jobs`)
    : answered(found);
}

async function storyOf(
  tx: Transaction,
  job: JobId,
  bound: string | undefined,
  limit: number,
): Promise<readonly HistoryLine[]> {
  const lines = [...(await tx.history.of({ kind: 'job', id: job }, limit))];
  const vms = new Set<VmId>((await tx.vms.forJob(job)).map((vm) => vm.id));
  if (bound !== undefined) vms.add(bound as VmId);
  for (const id of vms) lines.push(...(await tx.history.of({ kind: 'vm', id }, limit)));
  // The sort keeps the order of writing where the times are equal.
  return lines.sort((a, b) => a.at - b.at).slice(0, limit);
}

async function describeJob(tx: Transaction, job: Job): Promise<ApiJob> {
  const { runner, completed } = job.knowledge;
  const vm = runner === undefined ? undefined : await tx.vms.byRunnerName(scopeKey(job.scope), runner.name);
  return {
    id: job.id,
    runId: job.runId,
    runAttempt: job.runAttempt,
    name: job.name,
    workflow: job.workflowName,
    repository: job.repository.fullName,
    branch: job.headBranch,
    sha: job.headSha,
    url: job.url,
    labels: [...job.labels],
    state: job.state,
    ...(completed === undefined ? {} : { conclusion: completed.conclusion }),
    waitingFor: job.waitingFor,
    ...(runner === undefined ? {} : { runner: runner.name }),
    ...(vm === undefined ? {} : { vm: vm.id }),
    firstSeenAt: toIso(job.firstSeenAt),
    since: toIso(job.since),
  };
}

const describeLine = (line: HistoryLine): ApiEvent => ({
  at: toIso(line.at),
  subject: line.subject.kind === 'system' ? 'system' : `${line.subject.id}`,
  event: line.event,
  data: { ...line.data },
});
