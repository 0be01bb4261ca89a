// Looks at the end of a failed job's log for why it failed, when what its host and guest said does not tell. Nothing of the log
// is kept but the kind of failure and the name of what was missing (ADR 0012).

import { classifyFailure, type FailureFound } from '../../domain/attribution/failure-class.ts';
import { endWordsOf, logRead } from '../../domain/attribution/known-failure.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import { scopeKey } from '../../domain/scope.ts';
import { between, hours } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';
import { hasFailed } from './ask-for-log.ts';

const tailBytes = 64 * 1024;
const mostLines = 200;
/** About two minutes: after that GitHub has no log of it. */
const mostTries = 6;
/** When many fail at once and a limit holds their logs back, the oldest interest nobody any more. */
const longestWaitMs = hours(1);

export async function readLog(deps: Deps, id: JobId, attempts: number): Promise<void> {
  const known = await deps.store.transaction((tx) => knownOf(tx, id));
  if (known === undefined) return;
  const { job, vmWords, at } = known;
  if (between(at, deps.clock.now()) > longestWaitMs) return;
  const byVm = classifyFailure({ vmWords, logTail: [] });
  if (byVm.class !== 'workflow') return;
  const { fullName } = job.repository;
  const ref = { id, installationId: job.scope.installationId, repository: fullName };
  const logTail = await tailOf(deps, ref, attempts);
  if (logTail === undefined) return;
  const { class: found, missing } = classifyFailure({ vmWords, logTail });
  const data = {
    class: found,
    ...(missing !== undefined && { missing: { ...missing } }),
  } satisfies FailureFound;
  await deps.store.transaction(async (tx) => {
    const subject = { kind: 'job', id } as const;
    // The task may be done twice.
    if ((await tx.history.of(subject, mostLines)).some(({ event }) => event === logRead)) return;
    await tx.history.append([{ at: deps.clock.now(), subject, event: logRead, data }]);
  });
}

interface KnownEnd {
  job: Job;
  at: Parameters<typeof between>[0];
  vmWords: readonly string[];
}

async function knownOf(tx: Transaction, id: JobId): Promise<KnownEnd | undefined> {
  const job = await tx.jobs.get(id);
  const completed = job?.knowledge.completed;
  if (job === undefined || completed === undefined || !hasFailed(job)) return undefined;
  const runner = job.knowledge.runner?.name;
  const vm = runner === undefined ? undefined : await tx.vms.byRunnerName(scopeKey(job.scope), runner);
  const lines = vm === undefined ? [] : await tx.history.of({ kind: 'vm', id: vm.id }, mostLines);
  return { job, at: completed.at, vmWords: endWordsOf(vm, lines) };
}

/** Undefined when there is none, or we may not read it: then it is not asked for again. */
async function tailOf(
  { github, log }: Deps,
  ref: Parameters<Deps['github']['logTail']>[0],
  attempts: number,
): Promise<readonly string[] | undefined> {
  try {
    const tail = await github.logTail(ref, tailBytes);
    if (tail !== 'missing') return tail;
  } catch (error) {
    if (!(error instanceof GitHubError) || error.kind === 'rate-limited') throw error;
    if (error.kind === 'unavailable' && attempts < mostTries) throw error;
    log.warn('the log of a failed job cannot be read', { job: ref.id, error });
    return undefined;
  }
  if (attempts >= mostTries) return undefined;
  throw new GitHubError('GitHub has no log of the job yet', { kind: 'unavailable' });
}
