// A job as REST and webhooks show it. Both have the same keys, as far as we use them.

import { type Instant, toIso } from '../../../domain/time.ts';
import { fullNameOf } from '../accounts.ts';
import { nodeId } from '../identifiers.ts';
import type { Job, Step } from '../state.ts';
import type { World } from '../world.ts';

export type ShownStatus = 'waiting' | 'queued' | 'in_progress' | 'completed';

/** GitHub's word for the phase: it does not show what max-parallel holds or a runner was offered. */
export const shownStatus = ({ phase }: Job): ShownStatus =>
  phase === 'held' || phase === 'assigned' ? 'queued' : phase;

export function renderJob(world: World, job: Job): Record<string, unknown> {
  const { run } = job;
  const fullName = fullNameOf(run.repository);
  const api = `${world.urls.api}/repos/${fullName}`;
  const runner =
    job.startedAt === undefined && world.beliefs.queuedPayloadHasNoRunner ? undefined : job.runner;
  const group = runner?.scope.kind === 'organization' ? runner.scope.group : undefined;
  return {
    id: job.id,
    run_id: run.id,
    workflow_name: run.workflowName,
    head_branch: run.ref.replace(/^refs\/(heads|tags)\//, ''),
    run_url: `${api}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    node_id: nodeId('CR', job.id),
    head_sha: run.headSha,
    url: `${api}/actions/jobs/${job.id}`,
    html_url: `${world.urls.html}/${fullName}/actions/runs/${run.id}/job/${job.id}`,
    status: shownStatus(job),
    conclusion: job.conclusion ?? null,
    created_at: second(job.createdAt),
    started_at: second(job.startedAt ?? job.completedAt ?? job.createdAt),
    completed_at: job.completedAt === undefined ? null : second(job.completedAt),
    name: job.name,
    steps: job.steps.map(renderStep),
    check_run_url: `${api}/check-runs/${job.id}`,
    labels: job.labels,
    runner_id: runner?.id ?? null,
    runner_name: runner?.name ?? null,
    runner_group_id: runner ? (group?.id ?? 1) : null,
    runner_group_name: runner ? (group?.name ?? 'Default') : null,
  };
}

const renderStep = (step: Step) => ({
  name: step.name,
  status: step.status === 'pending' ? 'queued' : step.status,
  conclusion: step.conclusion ?? null,
  number: step.number,
  started_at: step.startedAt ?? null,
  completed_at: step.completedAt ?? null,
});

/** GitHub's times have whole seconds. */
export const second = (at: Instant): string => toIso(at).replace(/\.\d+Z$/, 'Z');
