// Demand is the set of jobs that GitHub holds queued for us, of one scope and label set. It is a set of jobs and never a
// counter: a doubled delivery cannot make it grow, and a lost one is mended by the next look.

import type { LabelKey, ScopeKey } from '../ids.ts';
import { labelKey } from '../labels/label-set.ts';
import type { Job } from '../lifecycle/job.ts';
import { scopeKey } from '../scope.ts';
import type { Instant } from '../time.ts';

/** Since when the job waits, by GitHub's own stamp where we have it: a late delivery costs it no place in the line. */
export const queuedSince = (job: Job): Instant => job.knowledge.before.queued?.asOf ?? job.firstSeenAt;

/** First come, first served; ids break ties, and GitHub counts them up. */
export const byAge = (a: Job, b: Job): number => queuedSince(a) - queuedSince(b) || a.id - b.id;

/** The jobs among those of one scope and label set that need a VM, oldest first. */
export const demandOf = (jobs: readonly Job[]): readonly Job[] =>
  jobs.filter(({ state }) => state === 'queued').sort(byAge);

/** Whether a job or VM belongs to this scope and label set. */
export const isOf = (row: Pick<Job, 'scope' | 'labels'>, scope: ScopeKey, labels: LabelKey): boolean =>
  scopeKey(row.scope) === scope && labelKey(row.labels) === labels;
