import { currentPhase } from '../../domain/insights/current-phase.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { scopeKey } from '../../domain/scope.ts';
import { type Instant, toIso } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import type { ApiJob } from '../../wire/api/jobs.ts';
import { usualDurations } from './usual-duration.ts';

/** Asks the store a few times for all of them together. */
export async function describeJobs(
  tx: Transaction,
  jobs: readonly Job[],
  now: Instant,
): Promise<readonly ApiJob[]> {
  const vmOf = await vmsOf(tx, jobs);
  const usual = await usualDurations(tx, jobs.filter(isOpen), now);
  return jobs.map((job) => {
    const usualMs = isOpen(job) ? usual(job) : undefined;
    return { ...describe(job, vmOf(job)), ...(usualMs !== undefined && { usualMs }) };
  });
}

export async function describeJob(tx: Transaction, job: Job, now: Instant): Promise<ApiJob> {
  const [described] = await describeJobs(tx, [job], now);
  if (described === undefined) throw new Error('bug: one job makes one description');
  return described;
}

const isOpen = ({ state }: Job): boolean => state === 'queued' || state === 'running';
const runnerKey = (scope: string, name: string): string => `${scope} ${name}`;

/** The VM that ran each job, or else the newest of those that it waits for. */
export async function vmsOf(
  tx: Transaction,
  jobs: readonly Job[],
): Promise<(job: Job) => { vm: Vm | undefined; awaited: Vm | undefined }> {
  const runners = jobs.flatMap(({ scope, knowledge: { runner } }) =>
    runner === undefined ? [] : [{ scope: scopeKey(scope), name: runner.name }],
  );
  const named = runners.length === 0 ? [] : await tx.vms.byRunnerNames(runners);
  const byRunner = new Map(named.map((vm) => [runnerKey(scopeKey(vm.scope), vm.runnerName), vm]));
  const waiting = jobs.filter(({ state }) => state === 'queued').map(({ id }) => id);
  const made = waiting.length === 0 ? [] : await tx.vms.forJobs(waiting);
  const awaited = new Map<number, Vm>();
  for (const vm of made.toSorted((a, b) => a.requestedAt - b.requestedAt))
    if (vm.state !== 'gone' && vm.job === undefined) awaited.set(vm.cause, vm);
  return ({ id, scope, knowledge: { runner } }) => ({
    vm: runner === undefined ? undefined : byRunner.get(runnerKey(scopeKey(scope), runner.name)),
    awaited: awaited.get(id),
  });
}

function describe(job: Job, { vm, awaited }: { vm: Vm | undefined; awaited: Vm | undefined }): ApiJob {
  const { runner, completed } = job.knowledge;
  const phase = currentPhase(job, vm ?? awaited);
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
    ...(completed !== undefined && { conclusion: completed.conclusion }),
    waitingFor: job.waitingFor,
    ...(runner !== undefined && { runner: runner.name }),
    ...(vm !== undefined && { vm: vm.id }),
    ...(phase !== undefined && { phase: phase.name, phaseSince: toIso(phase.since) }),
    firstSeenAt: toIso(job.firstSeenAt),
    since: toIso(job.since),
  };
}
