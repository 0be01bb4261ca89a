// The `workflow_job` webhook: sent at each step of a job's life to the App that is installed where its repository lies.

import { installationFor } from './accounts.ts';
import { nodeId } from './identifiers.ts';
import { renderOrganization, renderUser } from './render/account.ts';
import { renderJob } from './render/job.ts';
import { renderRepository } from './render/repository.ts';
import { senderOf } from './render/run.ts';
import type { Installation, Job } from './state.ts';
import type { World } from './world.ts';

export type JobAction = 'waiting' | 'queued' | 'in_progress' | 'completed';

export function announceJob(world: World, job: Job, action: JobAction): void {
  const { repository } = job.run;
  const installation = installationFor(world, repository);
  if (!installation || !world.app.events.includes('workflow_job')) return;
  const start = JSON.stringify({ action, workflow_job: renderJob(world, job) });
  world.deliveries.emit({
    event: 'workflow_job',
    action,
    installationId: installation.id,
    repositoryId: repository.id,
    jobId: job.id,
    body: `${start.slice(0, -1)},${endOf(world, job, installation)}`,
  });
}

/** The other keys, as JSON without the brace that opens: the same for all jobs of a repository that one person started. */
function endOf(world: World, { run }: Job, installation: Installation): string {
  const { repository, sender } = run;
  const { urls, state } = world;
  const { id, owner, name, private: isPrivate, fork, defaultBranch } = repository;
  const parts = [
    urls.api,
    urls.html,
    owner.login,
    name,
    isPrivate,
    fork,
    defaultBranch,
    sender,
    installation.id,
  ];
  const madeFrom = parts.join(' ');
  const known = state.webhookEnds.get(id);
  if (known?.madeFrom === madeFrom) return known.json;
  const end = {
    repository: renderRepository(repository, urls),
    ...(owner.kind === 'Organization' ? { organization: renderOrganization(owner, urls) } : {}),
    sender: renderUser(senderOf(world, run), urls),
    installation: { id: installation.id, node_id: nodeId('MDIz', installation.id) },
  };
  const json = JSON.stringify(end).slice(1);
  state.webhookEnds.set(id, { madeFrom, json });
  return json;
}

/** What the App's settings page sends when the webhook is saved, and `POST /app/hook/pings` here. */
export function ping(world: World): void {
  const { app } = world;
  const hook = {
    type: 'App',
    id: app.id,
    name: 'web',
    active: true,
    events: app.events,
    config: { content_type: 'json', insecure_ssl: '0', secret: '********', url: app.hook.url ?? '' },
    app_id: app.id,
    deliveries_url: `${world.urls.api}/app/hook/deliveries`,
  };
  world.deliveries.emit({
    event: 'ping',
    action: undefined,
    installationId: undefined,
    repositoryId: undefined,
    body: JSON.stringify({ zen: 'Anything added dilutes everything else.', hook_id: app.id, hook }),
  });
}
