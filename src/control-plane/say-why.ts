import type { Job } from '../domain/lifecycle/job.ts';
import type { Transaction } from '../ports/store.ts';

/**
 * Writes down why jobs wait, for their users to see; an empty reason is that of a job that waits for nothing of ours. What
 * says so already is left alone, and each reason is one statement however many jobs it has.
 */
export async function sayWhy(
  tx: Transaction,
  reasons: readonly { job: Job; reason: string }[],
): Promise<void> {
  const news = reasons.filter(({ job, reason }) => job.state === 'queued' && job.waitingFor !== reason);
  for (const [reason, told] of Map.groupBy(news, ({ reason }) => reason)) {
    await tx.jobs.sayWhy(
      told.map(({ job }) => job),
      reason,
    );
  }
}
