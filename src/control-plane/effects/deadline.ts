import type { JobId, VmId } from '../../domain/ids.ts';
import { applyToJob, applyToVm } from '../apply.ts';
import type { Deps } from '../deps.ts';

// The row may have moved on since its deadline was written; the transition itself looks whether it is past (I7).

export async function vmDeadline(deps: Deps, id: VmId): Promise<void> {
  await deps.store.transaction(async (tx) => void (await applyToVm(tx, deps, id, { kind: 'deadline' })));
}

export async function jobDeadline(deps: Deps, id: JobId): Promise<void> {
  await deps.store.transaction(async (tx) => void (await applyToJob(tx, deps, id, { kind: 'deadline' })));
}
