// The control plane's HTTP server: GitHub's webhook, our API, the dashboard, nothing else. What it does with a request stands elsewhere;
// here are routes, limits and the shape of refusals.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import type { RawRequest, RawResponse } from '../../ports/http.ts';
import type { Log } from '../../ports/log.ts';
import type { ApiHandlers } from '../../wire/api/endpoints.ts';
import type { V1Handlers } from '../../wire/api-v1/endpoints.ts';
import { type ApiDeps, apiRoutes } from './api-routes.ts';
import { closePromptly } from './closing.ts';
import { dashboardRoute } from './dashboard-route.ts';
import { metricsRoute } from './metrics-route.ts';
import { type SignInRoutesDeps, signInRoutes } from './sign-in-routes.ts';
import { v1Routes } from './v1-routes.ts';
import { webhookRoute } from './webhook-route.ts';

export interface HttpServerDeps extends Pick<SignInRoutesDeps, 'signIn'> {
  webhook: (request: RawRequest) => Promise<RawResponse>;
  api: ApiHandlers;
  /** Actuated's paths; not served when left out. */
  v1?: V1Handlers;
  identify: ApiDeps['identify'];
  audit: ApiDeps['audit'];
  /** Tells what has changed. */
  live?: ApiDeps['live'];
  /** Answers `GET /metrics`; there is none when it is left out. */
  metrics?: (authorization: string | undefined) => Promise<RawResponse>;
  log: Log;
  /** Where the built dashboard lies; undefined when it was not built. */
  dashboardFolder?: string | undefined;
  options?: {
    /** Believe `X-Forwarded-For`: only behind a proxy of one's own, since anybody can send it. */
    trustProxy?: boolean;
  } & ApiDeps['options'];
}

export interface HttpServer {
  /** For those who take upgrade requests. */
  readonly server: Server;
  /** Port 0 takes any free one. */
  listen(at: { host: string; port: number }): Promise<{ host: string; port: number }>;
  /** Where it listens, once it does. */
  address(): { host: string; port: number };
  /** Finishes the requests under way, for half a minute at most, and takes no new ones. */
  close(): Promise<void>;
}

/** Whoever needs longer to send a request is cut off; GitHub itself gives up after 10 s. */
const requestMs = 30_000;

export async function createHttpServer(deps: HttpServerDeps): Promise<HttpServer> {
  const app = fastify({
    logger: false,
    requestTimeout: requestMs,
    trustProxy: deps.options?.trustProxy ?? false,
    forceCloseConnections: 'idle',
  });
  closePromptly(app, requestMs);
  await app.register(webhookRoute, deps);
  await app.register(metricsRoute, deps);
  await app.register(apiRoutes, deps);
  if (deps.v1 !== undefined) await app.register(v1Routes, { ...deps, v1: deps.v1 });
  await app.register(signInRoutes, deps);
  await app.register(dashboardRoute, deps);
  await app.ready();
  const address = (): { host: string; port: number } => {
    const at = app.server.address() as AddressInfo;
    return { host: at.address, port: at.port };
  };
  return {
    server: app.server,
    address,
    async listen(at) {
      await app.listen(at);
      return address();
    },
    close: () => app.close(),
  };
}
