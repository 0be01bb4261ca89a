// The one way in which a job or a VM changes: lock its row, ask the pure transition, and write state, history, asked effects
// and the repair that it was in the same transaction. So a crash at any point leaves either all of a change or none of it.

import type { JobId, VmId } from '../domain/ids.ts';
import { countsTheSame, finishedJob } from '../domain/insights/finished-job.ts';
import type { Ask, Outcome } from '../domain/lifecycle/effects.ts';
import type { JobEvent, VmEvent } from '../domain/lifecycle/events.ts';
import type { Job } from '../domain/lifecycle/job.ts';
import { transitionJob } from '../domain/lifecycle/transition-job.ts';
import { transitionVm } from '../domain/lifecycle/transition-vm.ts';
import type { Vm } from '../domain/lifecycle/vm.ts';
import { repairsOfJob, repairsOfVm } from '../domain/repair/repairs-of.ts';
import { after, type Instant } from '../domain/time.ts';
import type { Transaction } from '../ports/store.ts';
import { noteJob, noteVm } from './attribution/note-ends.ts';
import type { Deps } from './deps.ts';
import { askForLog } from './effects/ask-for-log.ts';
import { askToEnd } from './effects/tell-wait.ts';
import { recordRepairs } from './repair/book.ts';

export interface ApplyDeps extends Pick<Deps, 'clock'> {
  settings: Pick<Deps['settings'], 'timing'> & Partial<Pick<Deps['settings'], 'readLogs' | 'checkRuns'>>;
}

/**
 * Gives the job as it is afterwards; undefined when we do not know it.
 * @param by who tells a fact that was read.
 */
export async function applyToJob(
  tx: Transaction,
  deps: ApplyDeps,
  id: JobId,
  event: JobEvent,
  by: 'read' | 'poll' = 'read',
): Promise<Job | undefined> {
  const job = await tx.jobs.lockRow(id);
  if (job === undefined) return undefined;
  const now = deps.clock.now();
  const outcome = transitionJob(job, event, now, deps.settings.timing);
  if (outcome.next !== job) await tx.jobs.update(outcome.next);
  countFinished(tx, job, outcome.next);
  await noteJob(tx, job, outcome.next);
  await askForLog(tx, deps, job, outcome.next);
  await askToEnd(tx, deps, job, outcome.next);
  await writeAround(tx, outcome, now);
  await recordRepairs(tx, repairsOfJob(job, event, outcome.next, now, by));
  return outcome.next;
}

/** The insights count a job as it is known now, in the transaction that learnt it, so that the two never part. */
export function countFinished(tx: Transaction, before: Job | undefined, now: Job): void {
  const counts = finishedJob(now);
  const counted = before && finishedJob(before);
  if (!countsTheSame(counted, counts)) tx.insights.record(now.id, counts);
}

/** Gives the VM as it is afterwards; undefined when we do not know it. */
export async function applyToVm(
  tx: Transaction,
  deps: ApplyDeps,
  id: VmId,
  event: VmEvent,
): Promise<Vm | undefined> {
  const vm = await tx.vms.lockRow(id);
  if (vm === undefined) return undefined;
  const now = deps.clock.now();
  const outcome = transitionVm(vm, event, now, deps.settings.timing);
  if (outcome.next !== vm) {
    await tx.vms.update(outcome.next);
    if (outcome.next.state === 'gone') await clearUp(tx, id);
  }
  await noteVm(tx, vm, outcome.next);
  await writeAround(tx, outcome, now);
  await recordRepairs(tx, repairsOfVm(vm, event, outcome.next, now));
  return outcome.next;
}

/** History and asked effects of a change whose row is written already. */
export async function writeAround(tx: Transaction, outcome: Outcome<unknown>, now: Instant): Promise<void> {
  if (outcome.history.length > 0) await tx.history.append(outcome.history);
  await enqueueAll(tx, outcome.asks, now);
}

/** A VM that is gone waits for nothing, and needs no secret any more. */
async function clearUp(tx: Transaction, vm: VmId): Promise<void> {
  await tx.tasks.setDeadline({ kind: 'vm-deadline', vm }, undefined);
  await tx.sealed.erase(vm);
}

async function enqueueAll(tx: Transaction, asks: readonly Ask[], now: Instant): Promise<void> {
  for (const { what, delay } of asks) {
    const dueAt = after(now, delay);
    if (what.kind === 'vm-deadline' || what.kind === 'job-deadline') await tx.tasks.setDeadline(what, dueAt);
    else await tx.tasks.enqueue(what, dueAt);
  }
  if (asks.length > 0) tx.wake('tasks');
}

/** Raises a host's generation and wakes the process that holds its link: its desired set has changed. */
export async function touchHost(
  tx: Transaction,
  host: Parameters<Transaction['hosts']['get']>[0],
): Promise<void> {
  const row = await tx.hosts.lockRow(host);
  if (row === undefined) return;
  await tx.hosts.update({ ...row, generation: row.generation + 1 });
  tx.wake(`host:${host}`);
}
