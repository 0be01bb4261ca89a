// A workflow job as GitHub writes it, in deliveries and in REST answers alike.

import { z } from 'zod';
import { jobId, runId, runnerId, runnerName } from '../domain/ids.ts';
import { labelSet } from '../domain/labels/label-set.ts';
import type { Conclusion, JobFact, JobIdentity, JobStatus } from '../domain/lifecycle/job.ts';
import { type Instant, instantOf } from '../domain/time.ts';

/** Everything but the ids, the name and the status may be missing or null. */
export const workflowJob = z.object({
  id: z.number().int().positive(),
  run_id: z.number().int().positive(),
  run_attempt: z.number().int().positive().nullish(),
  name: z.string(),
  workflow_name: z.string().nullish(),
  head_branch: z.string().nullish(),
  head_sha: z.string().nullish(),
  html_url: z.string().nullish(),
  status: z.string(),
  conclusion: z.string().nullish(),
  labels: z
    .array(z.string())
    .nullish()
    .transform((labels) => labels ?? []),
  created_at: z.string().nullish(),
  started_at: z.string().nullish(),
  completed_at: z.string().nullish(),
  runner_id: z.number().nullish(),
  runner_name: z.string().nullish(),
});
export type WorkflowJob = z.infer<typeof workflowJob>;

/** Who the job is, but for what only its surroundings tell: its repository, and where its runners are registered. */
export const identityOf = (job: WorkflowJob): Omit<JobIdentity, 'scope' | 'repository'> => ({
  id: jobId(job.id),
  runId: runId(job.run_id),
  runAttempt: job.run_attempt ?? 1,
  name: job.name,
  workflowName: job.workflow_name ?? '',
  headBranch: job.head_branch ?? '',
  headSha: job.head_sha ?? '',
  url: job.html_url ?? '',
  labels: labelSet(job.labels),
});

const statuses: ReadonlySet<string> = new Set<JobStatus>([
  'queued',
  'waiting',
  'pending',
  'requested',
  'in_progress',
  'completed',
]);
const conclusions: ReadonlySet<string> = new Set<Conclusion>([
  'success',
  'failure',
  'cancelled',
  'skipped',
  'timed_out',
  'action_required',
  'neutral',
]);

export const statusOf = (text: string): JobStatus => (statuses.has(text) ? (text as JobStatus) : 'unknown');
const conclusionOf = (text: string | null | undefined): Conclusion =>
  conclusions.has(text ?? '') ? (text as Conclusion) : 'unknown';

/**
 * @param source `delivery`: GitHub's own time of the status counts; `read`: the moment at which our request began.
 * @param at when the delivery arrived, or the request began.
 */
export function factOf(job: WorkflowJob, source: JobFact['source'], at: Instant): JobFact {
  const status = statusOf(job.status);
  const startedAt = instantIn(job.started_at);
  const completedAt = instantIn(job.completed_at);
  const runner = runnerOf(job, status);
  return {
    source,
    status,
    asOf: source === 'read' ? at : (timeOfStatus(job, status) ?? at),
    heardAt: at,
    ...(status === 'completed' ? { conclusion: conclusionOf(job.conclusion) } : {}),
    ...(runner ? { runner } : {}),
    // `started_at` is set even while a job is queued (GitHub gives it the time of creation), so it only counts afterwards.
    ...(startedAt !== undefined && (status === 'in_progress' || status === 'completed') ? { startedAt } : {}),
    ...(completedAt !== undefined ? { completedAt } : {}),
  };
}

/** When the job came into the status that it has, by GitHub's own stamps; undefined when it gives none. */
export const statusSince = (job: WorkflowJob): Instant | undefined => timeOfStatus(job, statusOf(job.status));

function timeOfStatus(job: WorkflowJob, status: JobStatus): Instant | undefined {
  const [first, second, third] =
    status === 'completed'
      ? [job.completed_at, job.started_at, job.created_at]
      : status === 'in_progress'
        ? [job.started_at, job.created_at, null]
        : [job.created_at, job.started_at, null];
  return instantIn(first) ?? instantIn(second) ?? instantIn(third);
}

/** GitHub leaves the runner null or 0 while a job is queued, and for a job that was cancelled or skipped before its start. */
function runnerOf(job: WorkflowJob, status: JobStatus): JobFact['runner'] {
  if (status !== 'in_progress' && status !== 'completed') return undefined;
  if (!job.runner_id || !job.runner_name) return undefined;
  return { id: runnerId(job.runner_id), name: runnerName(job.runner_name) };
}

function instantIn(text: string | null | undefined): Instant | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : instantOf(ms);
}
