// How long a job of some name usually takes: the mean of its runs that succeeded in the last weeks.

import { dayOf, mondayOf } from '../../domain/insights/calendar.ts';
import { clipped } from '../../domain/insights/finished-job.ts';
import { averageMs } from '../../domain/insights/tally.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import { scopeOwner } from '../../domain/scope.ts';
import type { DurationMs, Instant } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';

const weeks = 5;

const repositoryOf = (job: Job): string => job.repository.fullName.toLowerCase();
const nameOf = (repository: string, workflow: string, name: string): string =>
  JSON.stringify([repository, workflow, name]);

/** Asks once for each repository among `jobs`. A job that never succeeded lately has none. */
export async function usualDurations(
  tx: Transaction,
  jobs: readonly Job[],
  now: Instant,
): Promise<(job: Job) => DurationMs | undefined> {
  const today = dayOf(now);
  const days = { from: mondayOf(today) - 7 * (weeks - 1), to: today + 1 };
  const usual = new Map<string, DurationMs>();
  const repositories = new Map(jobs.map((job) => [repositoryOf(job), scopeOwner(job.scope)]));
  for (const [repository, owner] of repositories) {
    const tallied = await tx.insights.tallies('job', days, { owners: [owner], repository });
    for (const { workflow, name, tally } of tallied)
      usual.set(nameOf(repository, workflow, name), averageMs(tally));
  }
  return (job) => usual.get(nameOf(repositoryOf(job), clipped(job.workflowName), clipped(job.name)));
}
