// What both sides of the bench stand on: one PostgreSQL in a folder for temporary files, with the production's route and
// store before it.

import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify } from 'fastify';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres/embedded-postgres.ts';
import { webhookRoute } from '../../src/adapters/http-fastify/webhook-route.ts';
import { openPostgresStore } from '../../src/adapters/store-postgres/postgres-store.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { collectSeldom } from '../../src/adapters/system/garbage.ts';
import { receiveWebhook } from '../../src/control-plane/webhook.ts';
import type { Log } from '../../src/ports/log.ts';
import { Secret } from '../../src/ports/secret.ts';
import { webhookPath } from '../../src/wire/github-webhook.ts';
import { cpuMicrosOf } from './cpu-time.ts';
import type { LimitOrder, LimitResult } from './limit.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import { startWorker } from './worker.ts';

/** A table like that of the deliveries: the GUID is unique, and bodies are not compressed. */
const limitTable = `
  create table bench_limit (guid text primary key, received_at bigint not null, event text not null, body bytea not null);
  alter table bench_limit alter column body set storage external`;

export interface Ground {
  /** What the server says of `fsync` and `synchronous_commit`. */
  readonly durability: Record<string, string>;
  /** Sends deliveries over HTTP from another process. */
  send(order: { amount: number; rate?: number }): Promise<LoadResult>;
  /** Sends the same to a plain server of Node in this process, which reads it and answers 202: what the generator itself adds. */
  sendToPlain(order: { amount: number; rate?: number }): Promise<LoadResult>;
  /** Inserts so many deliveries by bare clients in another process. */
  insertBare(amount: number): Promise<LimitResult>;
  /** Empties the tables and writes everything to disk, so that each measurement begins alike. */
  clear(): Promise<void>;
  countDeliveries(): Promise<number>;
  /** Microseconds of processor time so far: of PostgreSQL, and of the server, which is this process. */
  cpuMicros(): Promise<{ server: number; postgres: number }>;
  end(): Promise<void>;
}

export async function prepareGround(connections: number, log: Log): Promise<Ground> {
  const opened: (() => Promise<unknown>)[] = [];
  const end = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    return await prepare(connections, log, opened, end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function prepare(
  connections: number,
  log: Log,
  opened: (() => Promise<unknown>)[],
  end: () => Promise<void>,
): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-ingest-'));
  opened.push(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres({ folder: join(folder, 'pg'), log });
  opened.push(() => postgres.stop());
  const { connection } = postgres;
  const [postmaster] = (await readFile(join(folder, 'pg', 'data', 'postmaster.pid'), 'utf8')).split('\n');
  const config = { ...connection, password: connection.password.reveal() };

  collectSeldom();
  const clock = new SystemClock();
  const store = await openPostgresStore({ connection, log });
  opened.push(() => store.close());
  await store.prepare(clock.now());
  const secret = 'the secret of the App’s webhook';
  const secrets = [new Secret(secret)];
  const app = fastify({ logger: false });
  await app.register(webhookRoute, {
    webhook: (request) => receiveWebhook({ store, clock, log, secrets }, request),
    log,
  });
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}${webhookPath}`;
  opened.push(() => app.close());

  const plainUrl = await startPlain(opened);

  const admin = new pg.Client(config);
  await admin.connect();
  opened.push(() => admin.end());
  await admin.query(limitTable);
  const bare = await startWorker<LimitOrder, LimitResult>(new URL('./limit.ts', import.meta.url));
  opened.push(() => bare.end());
  const loader = await startWorker<LoadOrder, LoadResult>(new URL('./load.ts', import.meta.url));
  opened.push(() => loader.end());

  return {
    durability: await settingsOf(admin),
    send: (order) => loader.ask({ ...order, url, secret, connections }),
    sendToPlain: (order) => loader.ask({ ...order, url: plainUrl, secret, connections }),
    insertBare: (amount) => bare.ask({ config, connections, amount }),
    async clear() {
      await admin.query('truncate deliveries, delivery_guids, bench_limit');
      await admin.query('checkpoint');
    },
    async countDeliveries() {
      const { rows } = await admin.query<{ count: string }>('select count(*) from deliveries');
      return Number(rows[0]?.count);
    },
    async cpuMicros() {
      const { user, system } = process.cpuUsage();
      return { server: user + system, postgres: await cpuMicrosOf(Number(postmaster)) };
    },
    end,
  };
}

async function startPlain(opened: (() => Promise<unknown>)[]): Promise<string> {
  const plain = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(202).end());
  });
  plain.listen(0, '127.0.0.1');
  await once(plain, 'listening');
  opened.push(async () => {
    plain.closeAllConnections();
    plain.close();
  });
  const { port } = plain.address() as AddressInfo;
  return `http://127.0.0.1:${port}/`;
}

async function settingsOf(admin: pg.Client): Promise<Record<string, string>> {
  const { rows } = await admin.query<{ name: string; setting: string }>(
    "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')",
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}
