import { fullNameOf } from '../accounts.ts';
import { nodeId } from '../identifiers.ts';
import type { Account, Run } from '../state.ts';
import type { World } from '../world.ts';
import { renderUser } from './account.ts';
import { second } from './job.ts';
import { renderMinimalRepository } from './repository.ts';

/** A workflow run as REST shows it. */
export function renderRun(world: World, run: Run): Record<string, unknown> {
  const { repository } = run;
  const api = `${world.urls.api}/repos/${fullNameOf(repository)}`;
  const url = `${api}/actions/runs/${run.id}`;
  const sender = renderUser(senderOf(world, run), world.urls);
  const minimal = renderMinimalRepository(repository, world.urls);
  return {
    id: run.id,
    name: run.workflowName,
    node_id: nodeId('WFR', run.id),
    check_suite_id: run.id,
    check_suite_node_id: nodeId('CS', run.id),
    head_branch: run.ref.replace(/^refs\/(heads|tags)\//, ''),
    head_sha: run.headSha,
    path: run.path,
    run_number: run.number,
    event: run.event,
    display_title: run.workflowName,
    status: run.status,
    conclusion: run.conclusion ?? null,
    workflow_id: run.repository.id,
    url,
    html_url: `${world.urls.html}/${fullNameOf(repository)}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: second(run.createdAt),
    updated_at: second(run.updatedAt),
    actor: sender,
    triggering_actor: sender,
    run_attempt: run.attempt,
    referenced_workflows: [],
    run_started_at: second(run.attemptStartedAt),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${api}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${api}/actions/workflows/${run.repository.id}`,
    head_commit: {
      id: run.headSha,
      tree_id: run.headSha,
      message: 'Change the workflow',
      timestamp: second(run.createdAt),
      author: { name: run.sender, email: `${run.sender}@example.com` },
      committer: { name: run.sender, email: `${run.sender}@example.com` },
    },
    repository: minimal,
    head_repository: minimal,
  };
}

/** Whoever pushed: an account of that name, or the owner. */
export const senderOf = (world: World, run: Run): Account =>
  world.state.accounts.get(run.sender.toLowerCase()) ?? {
    id: run.repository.owner.id,
    login: run.sender,
    kind: 'User',
  };
