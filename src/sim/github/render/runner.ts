import { isOnline, shownBusy } from '../runners.ts';
import type { App, Installation, Runner, RunnerGroup } from '../state.ts';
import type { World } from '../world.ts';
import { renderUser } from './account.ts';
import { second } from './job.ts';

/** A runner as REST shows it; `busy` may be untrue, by belief or fault. */
export function renderRunner(world: World, runner: Runner): Record<string, unknown> {
  return {
    id: runner.id,
    runner_group_id: runner.scope.kind === 'organization' ? runner.scope.group.id : 1,
    name: runner.name,
    os: runner.os,
    status: isOnline(world, runner) ? 'online' : 'offline',
    busy: shownBusy(world, runner),
    ephemeral: runner.ephemeral,
    labels: runner.labels.map((name, index) => ({ id: index + 1, name, type: 'custom' })),
  };
}

export function renderRunnerGroup(world: World, group: RunnerGroup): Record<string, unknown> {
  const api = `${world.urls.api}/orgs/${group.owner.login}/actions/runner-groups/${group.id}`;
  return {
    id: group.id,
    name: group.name,
    visibility: group.repositories === 'all' ? 'all' : 'selected',
    default: group.id === 1,
    ...(group.repositories === 'all' ? {} : { selected_repositories_url: `${api}/repositories` }),
    runners_url: `${api}/runners`,
    hosted_runners_url: `${api}/hosted-runners`,
    inherited: false,
    allows_public_repositories: group.allowsPublicRepositories,
    restricted_to_workflows: false,
    selected_workflows: [],
    workflow_restrictions_read_only: false,
  };
}

export function renderApp(world: World): Record<string, unknown> {
  const { app } = world;
  const owner = [...world.state.accounts.values()][0];
  return {
    id: app.id,
    slug: app.slug,
    node_id: `A_${app.id}`,
    client_id: `Iv1.${app.id}`,
    owner: owner ? renderUser(owner, world.urls) : null,
    name: app.name,
    description: null,
    external_url: world.urls.html,
    html_url: `${world.urls.html}/apps/${app.slug}`,
    created_at: second(world.startedAt),
    updated_at: second(world.startedAt),
    permissions: app.permissions,
    events: app.events,
    installations_count: world.state.installations.size,
  };
}

export function renderInstallation(world: World, installation: Installation): Record<string, unknown> {
  const { app, urls } = world;
  const { id, account } = installation;
  const created = second(installation.createdAt);
  return {
    id,
    account: renderUser(account, urls),
    repository_selection: installation.repositories === 'all' ? 'all' : 'selected',
    access_tokens_url: `${urls.api}/app/installations/${id}/access_tokens`,
    repositories_url: `${urls.api}/installation/repositories`,
    html_url: `${urls.html}/organizations/${account.login}/settings/installations/${id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.kind,
    permissions: permissionsOf(app),
    events: app.events,
    created_at: created,
    updated_at: created,
    single_file_name: null,
    suspended_by: null,
    suspended_at: installation.suspended ? created : null,
  };
}

export const permissionsOf = (app: App): Record<string, string> => ({ metadata: 'read', ...app.permissions });
