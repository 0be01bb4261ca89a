import type { VmId } from '../../domain/ids.ts';
import type { DeletionAnswer, Vm } from '../../domain/lifecycle/vm.ts';
import { applyToVm } from '../apply.ts';
import type { Deps } from '../deps.ts';

/** Asks GitHub's consent to destroy a VM that seems to have no job (rule a of docs/architecture.md). */
export async function deleteRunner(deps: Deps, id: VmId): Promise<void> {
  const vm = await deps.store.transaction((tx) => tx.vms.get(id));
  if (vm === undefined || vm.release === undefined || vm.state === 'gone') return;
  const answer = await askDeletion(deps, vm);
  await deps.store.transaction(async (tx) => {
    await applyToVm(tx, deps, id, { kind: 'deletion-answered', answer });
  });
}

async function askDeletion(deps: Deps, vm: Vm): Promise<DeletionAnswer> {
  const runner = vm.runnerId ?? (await deps.github.findRunner(vm.scope, vm.runnerName))?.id;
  return runner === undefined ? 'absent' : deps.github.deleteRunner(vm.scope, runner);
}
