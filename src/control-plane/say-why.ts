import type { JobId } from '../domain/ids.ts';
import type { Transaction } from '../ports/store.ts';

/** Writes down why a job waits, for its user to see. Nothing is written when that is what it says already. */
export async function sayWhy(tx: Transaction, id: JobId, reason: string): Promise<void> {
  const seen = await tx.jobs.get(id);
  if (seen === undefined || seen.waitingFor === reason) return;
  const job = await tx.jobs.lockRow(id);
  if (job?.state === 'queued' && job.waitingFor !== reason)
    await tx.jobs.update({ ...job, waitingFor: reason });
}
