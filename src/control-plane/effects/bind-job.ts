import type { Effect } from '../../domain/lifecycle/effects.ts';
import { scopeKey } from '../../domain/scope.ts';
import { applyToVm } from '../apply.ts';
import type { Deps } from '../deps.ts';

/** GitHub named a runner with a job. If it is one of ours, its VM learns of the job; if not, the job ran elsewhere. */
export async function bindJob(deps: Deps, what: Extract<Effect, { kind: 'bind-job' }>): Promise<void> {
  await deps.store.transaction(async (tx) => {
    const vm = await tx.vms.byRunnerName(scopeKey(what.scope), what.runnerName);
    if (vm === undefined) return;
    await applyToVm(tx, deps, vm.id, { kind: 'job-bound', job: what.job });
    if (what.completed) await applyToVm(tx, deps, vm.id, { kind: 'job-completed', job: what.job });
  });
}
