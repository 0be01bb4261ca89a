// The simulated GitHub over HTTP: REST below `/api/v3`, webhooks to a URL, and what runners speak. Nothing is decided
// here; the rules stand a folder above.

import fastify, { type FastifyInstance } from 'fastify';
import type { SimGithub } from '../sim-github.ts';
import type { Account } from '../state.ts';
import type { WebhookRequest } from '../webhook.ts';
import { accountRoutes } from './account-routes.ts';
import { actionsRoutes } from './actions-routes.ts';
import { appRoutes } from './app-routes.ts';
import { checkRoutes } from './check-routes.ts';
import { addClassicService } from './classic-service.ts';
import type { NewPersonalToken } from './personal-tokens.ts';
import { addRestRoutes, apiRoot, fail, type RestRoute } from './rest.ts';
import { addResultsService } from './results-service.ts';
import { addRunnerProtocol } from './runner-protocol.ts';
import { runnerRoutes } from './runner-routes.ts';
import { Shell, type ShellKeys } from './shell.ts';
import { addSignInPages } from './sign-in-pages.ts';
import { addStatusRoutes } from './status-routes.ts';
import { userRoutes } from './user-routes.ts';

export interface SimGithubServerOptions {
  github: SimGithub;
  /** Where to listen; the loopback and any free port by default. */
  host?: string;
  port?: number;
  /**
   * How runners reach this server, when not by its own address: a VM has a name for its host. `{port}` is replaced by the
   * port.
   */
  runnerUrl?: string;
  /** Where webhooks go; may be set later by `setWebhookUrl`. */
  webhookUrl?: string;
  /** Made when left out; a restarted simulator is the same to its App and its runners with the same keys. */
  keys?: ShellKeys;
}

export interface SimGithubServer {
  readonly url: string;
  /** The base URL for a REST client. */
  readonly apiUrl: string;
  readonly port: number;
  /** What an App's owner has: its id, its private key in PEM, the secret of its webhook. */
  readonly app: {
    id: number;
    privateKey: string;
    webhookSecret: string;
    clientId: string;
    clientSecret: string;
  };
  setWebhookUrl(url: string): void;
  /** Where browsers may be sent back to; anywhere until it is set. */
  setCallbackUrl(url: string): void;
  /** Takes away what a user let the App do. */
  revokeTokensOf(user: Account): void;
  /** As a user makes one on GitHub's page. */
  makePersonalToken(token: NewPersonalToken): string;
  revokePersonalToken(token: string): void;
  close(): Promise<void>;
}

/** All of REST. */
export const restRoutes = (shell: Shell): readonly RestRoute[] => [
  ...appRoutes(shell),
  ...runnerRoutes(shell),
  ...actionsRoutes(shell),
  ...userRoutes(shell),
  ...accountRoutes,
  ...checkRoutes,
];

/** Starts to listen. The simulator itself is not closed with the server. */
export async function startSimGithubServer(options: SimGithubServerOptions): Promise<SimGithubServer> {
  const { github, host = '127.0.0.1', port = 0, webhookUrl } = options;
  const shell = new Shell(github, options.keys);
  const server = newServer();
  addRestRoutes(server, shell, restRoutes(shell));
  addSignInPages(server, shell);
  addRunnerProtocol(server, shell);
  addResultsService(server, shell);
  addClassicService(server, shell);
  addStatusRoutes(server, github);
  const url = await server.listen({ host, port });
  const { world } = github;
  const listening = Number(new URL(url).port);
  world.urls.html = url;
  world.urls.api = `${url}${apiRoot}`;
  world.urls.runner = (options.runnerUrl ?? url).replace('{port}', String(listening));
  if (webhookUrl !== undefined) world.app.hook.url = webhookUrl;
  github.onDelivery((request) => send(world.app.hook.url, world.beliefs.webhookTimeoutMs, request));
  return {
    url,
    apiUrl: world.urls.api,
    port: listening,
    app: {
      id: world.app.id,
      privateKey: shell.appKey.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      webhookSecret: world.app.hook.secret,
      clientId: shell.userTokens.client.id,
      clientSecret: shell.userTokens.client.secret,
    },
    setWebhookUrl(next) {
      world.app.hook.url = next;
    },
    setCallbackUrl(next) {
      shell.userTokens.client.callbackUrl = next;
    },
    makePersonalToken: (token) => shell.personalTokens.issue(token),
    revokePersonalToken: (token) => shell.personalTokens.revoke(token),
    revokeTokensOf: (user) => shell.userTokens.revoke(user),
    close: () => server.close(),
  };
}

const largestBody = 64 * 1024 * 1024;

function newServer(): FastifyInstance {
  const server = fastify({
    bodyLimit: largestBody,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1024 },
  });
  const text = { parseAs: 'string' } as const;
  server.addContentTypeParser('application/x-www-form-urlencoded', text, (_request, body, done) =>
    done(null, body),
  );
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  // Runners send an empty body as JSON, which is not JSON.
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', text, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : JSON.parse(String(body)));
    } catch {
      done(Object.assign(new Error('Problems parsing JSON'), { statusCode: 400 }));
    }
  });
  server.setNotFoundHandler((_request, reply) =>
    fail(reply, { ok: false, status: 404, message: 'Not Found' }),
  );
  server.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) =>
    fail(reply, { ok: false, status: error.statusCode ?? 500, message: error.message }),
  );
  return server;
}

async function send(
  url: string | undefined,
  timeoutMs: number,
  { headers, body }: WebhookRequest,
): Promise<{ status: number }> {
  if (url === undefined) throw new Error('no webhook URL is set');
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(timeoutMs),
  });
  await response.arrayBuffer();
  return { status: response.status };
}
