// Composes the control plane for one process: database, GitHub, HTTP server, agent links, loops.

import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { listenForAgents } from '../adapters/agent-link-ws/listener.ts';
import { startEmbeddedPostgres } from '../adapters/embedded-postgres/embedded-postgres.ts';
import { OctokitGitHub } from '../adapters/github/octokit-github.ts';
import { StatusFeed } from '../adapters/github-status/status-feed.ts';
import { createHttpServer, type HttpServer } from '../adapters/http-fastify/server.ts';
import { PromPrinter } from '../adapters/metrics-prom/prom-printer.ts';
import { JoseHostTokenVerifier } from '../adapters/sealer-jose/host-token-verifier.ts';
import { JoseSealer } from '../adapters/sealer-jose/sealer.ts';
import type { PostgresConnection } from '../adapters/store-postgres/connection.ts';
import { openPostgresStore, type PostgresStore } from '../adapters/store-postgres/postgres-store.ts';
import { SystemClock } from '../adapters/system/clock.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { TlsCertificate } from '../adapters/tls-certificate/tls-certificate.ts';
import { otlpTraces } from '../adapters/traces-otlp/otlp-traces.ts';
import type { Deps } from '../control-plane/deps.ts';
import { type LiveFeed, liveFeed } from '../control-plane/live/live-feed.ts';
import { type Loop, startLoop } from '../control-plane/loop.ts';
import { serveMetrics } from '../control-plane/metrics/serve-metrics.ts';
import { repairNow } from '../control-plane/repair/now.ts';
import { apiHandlers } from '../control-plane/requests/api.ts';
import { authenticateAgent } from '../control-plane/requests/authenticate-agent.ts';
import { tokenHash } from '../control-plane/requests/tokens.ts';
import { v1Handlers } from '../control-plane/requests/v1/api.ts';
import { type ControlPlane, runControlPlane } from '../control-plane/run.ts';
import type { Settings } from '../control-plane/settings.ts';
import { receiveWebhook } from '../control-plane/webhook.ts';
import { after, type DurationMs, hours } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { OwnLog } from '../ports/own-log.ts';
import type { Secret } from '../ports/secret.ts';
import type { Store } from '../ports/store.ts';
import { dashboardFolder } from './dashboard-folder.ts';
import { type AccessConfig, openAccess } from './open-access.ts';

export interface ServerConfig extends AccessConfig {
  listen: { host: string; port: number };
  /** Where GitHub and people reach us from outside; undefined when nobody told. */
  publicUrl: string | undefined;
  /** A PostgreSQL of one's own, or a folder for the embedded one. */
  database: { url: Secret } | { folder: string; mayCreateUser: boolean };
  github: { appId: number; privateKey: Secret; apiUrl: string; webhookSecrets: readonly Secret[] };
  alerts?: NonNullable<Deps['alerts']>;
  /** GitHub's status page; it is not read when left out. */
  githubStatusPage?: string | undefined;
  /** A collector of traces. */
  otlpEndpoint?: string | undefined;
  /** Good for `/metrics` alone. */
  metricsTokens?: readonly Secret[];
  /** How long to keep what only grows; for ever when left out. */
  keep?: { deliveriesMs: DurationMs; historyMs: DurationMs };
  trustProxy: boolean;
  /** `installationTag` and `processName` are made here when left out. */
  settings: Omit<Settings, 'installationTag' | 'processName'> & { installationTag?: string };
  log: Log;
  /** What `log` remembers. */
  ownLog?: OwnLog;
  version: string;
}

export interface RunningServer {
  readonly url: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Settings;
  /** Finishes what is under way, then stops the database if it is ours. */
  stop(): Promise<void>;
}

/** @throws with what to do when the database cannot be had or the port is taken. */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const { log } = config;
  const clock = new SystemClock();
  const random = new SystemRandom();
  const opened: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const connection = await openDatabase(config, opened);
    const store = await openPostgresStore({ connection, log });
    opened.push(() => store.close());
    const housekeeping = keepHouse(store, config, clock);
    opened.push(() => housekeeping.stop());

    const github = new OctokitGitHub({
      ...config.github,
      lookShare: config.settings.lookShare,
      userAgent: `bellows/${config.version}`,
      clock,
      store,
    });
    const settings: Settings = {
      ...config.settings,
      installationTag: config.settings.installationTag ?? tagOf(await store.epoch()),
      processName: `${hostname()}-${process.pid}-${Buffer.from(random.bytes(4)).toString('hex')}`,
    };
    const deps: Deps = {
      store,
      github,
      hook: github,
      sealer: new JoseSealer(),
      clock,
      random,
      log,
      settings,
      ...witnesses(config),
      ...(config.alerts && { alerts: config.alerts }),
      ...(config.otlpEndpoint !== undefined && { traces: otlpTraces(config.otlpEndpoint, config.version) }),
    };
    const controlPlane = runControlPlane(deps);
    opened.push(() => controlPlane.stop());

    const live = liveFeed({ store, log }, settings.processName);
    opened.push(async () => live.stop());

    const http = await openHttp(config, deps, { controlPlane, live });
    const agents = listenForAgents(http.server, {
      authenticate: (token) => authenticateAgent({ store, tokens: new JoseHostTokenVerifier(clock) }, token),
      accept: ({ host }, socket) => controlPlane.links.accept(host, socket),
      log,
    });
    opened.push(async () => {
      agents.stop();
      // The links before the HTTP server, which would wait for their connections as long as the agents live.
      await controlPlane.stop();
      await http.close();
    });
    const at = await http.listen(config.listen);
    const url = urlOf(at);
    log.info('control plane is up', { url, process: settings.processName, tag: settings.installationTag });
    return { url, store, clock, settings, stop: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** What is looked at outside besides GitHub's API. */
function witnesses({
  githubStatusPage: url,
  publicUrl,
  version,
}: ServerConfig): Pick<Deps, 'statusFeed' | 'certificate'> {
  return {
    ...(url !== undefined && { statusFeed: new StatusFeed({ url, userAgent: `bellows/${version}` }) }),
    ...(publicUrl?.startsWith('https:') && { certificate: new TlsCertificate(publicUrl) }),
  };
}

async function openHttp(
  config: ServerConfig,
  deps: Deps,
  { controlPlane, live }: { controlPlane: ControlPlane; live: LiveFeed },
): Promise<HttpServer> {
  const { store, clock, log, settings } = deps;
  const requests = {
    ...deps,
    repair: (options: { owner?: string }) => repairNow(deps, options),
    readLog: controlPlane.links.readLog,
    readAgentLog: controlPlane.links.readAgentLog,
    restartAgent: controlPlane.links.restartAgent,
    ownLog: config.ownLog,
  };
  const { apiUrl } = config.github;
  const userAgent = `bellows/${config.version}`;
  const baseUrl = (): string => config.publicUrl ?? urlOf(http.address());
  const access = openAccess(config, deps, { apiUrl, userAgent }, baseUrl);
  const metrics = {
    ...{ store, clock, version: config.version, image: settings.image, identify: access.http.identify },
    printer: new PromPrinter(),
    tokenHashes: (config.metricsTokens ?? []).map((token) => tokenHash(token.reveal())),
  };
  const http: HttpServer = await createHttpServer({
    webhook: (request) =>
      receiveWebhook({ store, clock, log, secrets: config.github.webhookSecrets }, request),
    api: apiHandlers({
      ...requests,
      ...(access.signIn !== undefined && { signIn: access.signIn }),
      check: { ...settings, appId: config.github.appId, publicUrl: config.publicUrl },
    }),
    v1: v1Handlers(requests),
    live,
    ...access.http,
    metrics: (authorization) => serveMetrics(metrics, authorization),
    log,
    dashboardFolder: dashboardFolder(),
    options: { trustProxy: config.trustProxy, isHttps: config.publicUrl?.startsWith('https:') ?? false },
  });
  return http;
}

const urlOf = ({ host, port }: { host: string; port: number }): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Makes room ahead for what comes, and drops what is old enough. */
function keepHouse(store: PostgresStore, { keep, log }: ServerConfig, clock: Clock): Loop {
  return startLoop('housekeeping', { clock, log }, async () => {
    const now = clock.now();
    await store.prepare(now);
    if (keep !== undefined) {
      const { dropped } = await store.retain({
        deliveries: after(now, -keep.deliveriesMs),
        history: after(now, -keep.historyMs),
      });
      if (dropped.length > 0) log.info('old data dropped', { dropped });
    }
    return hours(6);
  });
}

async function openDatabase(
  { database, log }: ServerConfig,
  opened: (() => Promise<void>)[],
): Promise<PostgresConnection> {
  if ('url' in database) return database;
  const embedded = await startEmbeddedPostgres({ ...database, log });
  opened.push(() => embedded.stop());
  return embedded.connection;
}

/** Short, since it is part of every runner's name; stable as long as the data is. */
const tagOf = (epoch: string): string => createHash('sha256').update(epoch).digest('hex').slice(0, 6);
