// What the insights count: a job that is over, as one row. It is read off the job's knowledge, so that it depends on what is
// known and not on the order in which it came (I1); a late or corrected fact gives another row, and the difference is counted.

import type { JobId, RunnerName, ScopeKey } from '../ids.ts';
import { labelKey } from '../labels/label-set.ts';
import type { Conclusion, Job } from '../lifecycle/job.ts';
import { scopeKey, scopeOwner } from '../scope.ts';
import { between, type DurationMs, type Instant } from '../time.ts';

export const countedEnds = ['success', 'failure', 'cancelled', 'skipped', 'other'] as const;
/** `failure` has the jobs that timed out too. `other`: GitHub's rarer words, and none. */
export type CountedEnd = (typeof countedEnds)[number];

export interface FinishedJob {
  job: JobId;
  /** Lower-cased account, and `owner/name`, lower-cased. */
  owner: string;
  repository: string;
  workflow: string;
  name: string;
  /** Who set it off, by GitHub's login; empty when no delivery told. */
  actor: string;
  end: CountedEnd;
  endedAt: Instant;
  /** From its start to its end; 0 when it never started. */
  ms: DurationMs;
  /** From GitHub's queueing it to its start; 0 when either is unknown. */
  waitMs: DurationMs;
  sha: string;
  /** The labels that it asked for, as one text. */
  labels: string;
  scope: ScopeKey;
  /** The runner that had it; absent when it never started. */
  runner?: RunnerName;
}

/** Names come from other people's workflow files; a database's index takes only so much. */
const longestName = 200;
/** A name as it is counted under. */
export const clipped = (text: string): string => text.slice(0, longestName);

/** Undefined while the job is not over, and when GitHub lost it. */
export function finishedJob(job: Job): FinishedJob | undefined {
  const { completed, started, runner, before, actor } = job.knowledge;
  if (completed === undefined) return undefined;
  const queuedAt = before.queued?.asOf;
  return {
    job: job.id,
    owner: scopeOwner(job.scope),
    repository: job.repository.fullName.toLowerCase(),
    workflow: clipped(job.workflowName),
    name: clipped(job.name),
    actor: clipped(actor?.login ?? ''),
    end: countedEnd(completed.conclusion),
    endedAt: completed.at,
    ms: started === undefined ? 0 : Math.max(0, between(started.at, completed.at)),
    waitMs: started === undefined || queuedAt === undefined ? 0 : Math.max(0, between(queuedAt, started.at)),
    sha: job.headSha,
    labels: labelKey(job.labels),
    scope: scopeKey(job.scope),
    ...(runner && { runner: runner.name }),
  };
}

/** Whether both count the same. */
export const countsTheSame = (a: FinishedJob | undefined, b: FinishedJob | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && fields.every((field) => a[field] === b[field]));

const fields = [
  'job',
  'owner',
  'repository',
  'workflow',
  'name',
  'actor',
  'end',
  'endedAt',
  'ms',
  'waitMs',
  'sha',
  'labels',
  'scope',
  'runner',
] as const satisfies readonly (keyof FinishedJob)[];

export function countedEnd(conclusion: Conclusion): CountedEnd {
  switch (conclusion) {
    case 'success':
    case 'failure':
    case 'cancelled':
    case 'skipped':
      return conclusion;
    case 'timed_out':
      return 'failure';
    case 'action_required':
    case 'neutral':
    case 'unknown':
      return 'other';
  }
}
