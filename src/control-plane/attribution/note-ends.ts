// Notes of what is over, written in the transaction that ends it, so that nothing is judged twice or never.

import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { Transaction } from '../../ports/store.ts';

export async function noteJob(tx: Transaction, before: Job, now: Job): Promise<void> {
  const ends = before.knowledge.completed === undefined && now.knowledge.completed !== undefined;
  if (ends && now.service.kind === 'ours') await tx.attribution.note({ kind: 'ended', job: now.id });
}

export async function noteVm(tx: Transaction, before: Vm, now: Vm): Promise<void> {
  if (before.job === undefined && now.job !== undefined)
    await tx.attribution.note({ kind: 'started', job: now.job, vm: now.id });
  if (before.state !== 'gone' && now.state === 'gone')
    await tx.attribution.note({ kind: 'gone', vm: now.id });
}
