// The App itself: who it is, where it is installed, its tokens, its webhook and the deliveries of it.

import { findRepository, installationFor, repositoriesOf } from '../accounts.ts';
import { type Answer, answer, notFound, refuse } from '../answer.ts';
import { second } from '../render/job.ts';
import { renderRepository } from '../render/repository.ts';
import { permissionsOf, renderApp, renderInstallation } from '../render/runner.ts';
import type { Installation } from '../state.ts';
import type { Delivery } from '../webhook.ts';
import { ok, page, type RestCall, type RestReply, type RestRoute } from './rest.ts';
import type { Shell } from './shell.ts';

export function appRoutes(shell: Shell): RestRoute[] {
  const { world } = shell;
  const byId = ({ params }: RestCall): Installation | undefined =>
    [...world.state.installations.values()].find(({ id }) => String(id) === params.id);
  const one = (installation: Installation | undefined): Answer<RestReply> =>
    installation ? ok(renderInstallation(world, installation)) : notFound;
  const ofAccount = (login: string | undefined): Installation | undefined =>
    [...world.state.installations.values()].find(
      ({ account }) => account.login.toLowerCase() === login?.toLowerCase(),
    );
  return [
    { method: 'GET', path: '/app', auth: 'app', handle: () => ok(renderApp(world)) },
    {
      method: 'GET',
      path: '/app/installations',
      auth: 'app',
      handle: (call) => {
        const { items, headers } = page(call, '/app/installations', [...world.state.installations.values()]);
        const shown = items.map((installation) => renderInstallation(world, installation));
        return ok(shown, headers);
      },
    },
    { method: 'GET', path: '/app/installations/:id', auth: 'app', handle: (call) => one(byId(call)) },
    {
      method: 'POST',
      path: '/app/installations/:id/access_tokens',
      auth: 'app',
      handle: (call) => issueToken(shell, byId(call)),
    },
    {
      method: 'GET',
      path: '/orgs/:org/installation',
      auth: 'app',
      handle: ({ params }) => one(ofAccount(params.org)),
    },
    {
      method: 'GET',
      path: '/users/:username/installation',
      auth: 'app',
      handle: ({ params }) => one(ofAccount(params.username)),
    },
    {
      method: 'GET',
      path: '/repos/:owner/:repo/installation',
      auth: 'app',
      handle: ({ params }) => {
        const repository = findRepository(world, `${params.owner}/${params.repo}`);
        return one(repository && installationFor(world, repository));
      },
    },
    {
      method: 'GET',
      path: '/installation/repositories',
      auth: 'installation',
      handle: (call) => {
        const all = call.installation ? repositoriesOf(world, call.installation) : [];
        const { items, headers } = page(call, '/installation/repositories', all);
        const repositories = items.map((repository) => renderRepository(repository, world.urls));
        return ok({ total_count: all.length, repository_selection: 'all', repositories }, headers);
      },
    },
    ...hookRoutes(shell),
  ];
}

function issueToken(shell: Shell, installation: Installation | undefined): Answer<RestReply> {
  const { world } = shell;
  if (!installation) return notFound;
  if (installation.suspended) return refuse(403, 'This installation has been suspended');
  const { token, expiresAt } = shell.installationTokens.issue(
    'ghs_',
    installation,
    world.beliefs.installationTokenMs,
  );
  const selection = installation.repositories === 'all' ? 'all' : 'selected';
  const body = {
    token,
    expires_at: second(expiresAt),
    permissions: permissionsOf(world.app),
    repository_selection: selection,
  };
  return answer({ status: 201, body });
}

function hookRoutes(shell: Shell): RestRoute[] {
  const { world, github } = shell;
  const config = () => ({
    content_type: 'json',
    insecure_ssl: '0',
    secret: '********',
    ...(world.app.hook.url === undefined ? {} : { url: world.app.hook.url }),
  });
  const delivery = ({ params }: RestCall): Delivery | undefined => world.deliveries.get(Number(params.id));
  return [
    { method: 'GET', path: '/app/hook/config', auth: 'app', handle: () => ok(config()) },
    {
      method: 'PATCH',
      path: '/app/hook/config',
      auth: 'app',
      handle: ({ body }) => {
        if (typeof body.url === 'string') world.app.hook.url = body.url;
        if (typeof body.secret === 'string') world.app.hook.secret = body.secret;
        return ok(config());
      },
    },
    // GitHub sends a ping when the App's settings are saved and has no call for it: this one is ours.
    {
      method: 'POST',
      path: '/app/hook/pings',
      auth: 'app',
      handle: () => {
        github.ping();
        return answer({ status: 204 });
      },
    },
    { method: 'GET', path: '/app/hook/deliveries', auth: 'app', handle: listDeliveries },
    {
      method: 'GET',
      path: '/app/hook/deliveries/:id',
      auth: 'app',
      handle: (call) => {
        const found = delivery(call);
        if (!found) return notFound;
        const payload: unknown = JSON.parse(found.body);
        const request = { headers: { 'X-GitHub-Delivery': found.guid }, payload };
        const response = { headers: {}, payload: found.statusCode === 0 ? null : '' };
        return ok({ ...summary(found), url: world.app.hook.url ?? '', request, response });
      },
    },
    {
      method: 'POST',
      path: '/app/hook/deliveries/:id/attempts',
      auth: 'app',
      handle: (call) => {
        const asked = world.deliveries.redeliver(Number(call.params.id));
        return asked.ok ? answer({ status: 202, body: {} }) : asked;
      },
    },
  ];
}

function listDeliveries({ world, query }: RestCall): Answer<RestReply> {
  const perPage = Math.min(100, Math.max(1, Number(query.per_page) || 30));
  const cursor = query.cursor === undefined ? undefined : Number(query.cursor);
  const { deliveries, next } = world.deliveries.list({ perPage, cursor });
  const link = `<${world.urls.api}/app/hook/deliveries?per_page=${perPage}&cursor=${next}>; rel="next"`;
  return ok(deliveries.map(summary), next === undefined ? {} : { link });
}

const summary = (delivery: Delivery) => ({
  id: delivery.id,
  guid: delivery.guid,
  delivered_at: new Date(delivery.deliveredAt).toISOString(),
  redelivery: delivery.redelivery,
  duration: delivery.durationMs / 1000,
  status: delivery.status,
  status_code: delivery.statusCode,
  event: delivery.event,
  action: delivery.action ?? null,
  installation_id: delivery.installationId ?? null,
  repository_id: delivery.repositoryId ?? null,
  throttled_at: null,
});
