// Real PostgreSQL servers for tests: the embedded one, and those that Debian has installed. Each runs in a folder for
// temporary files and is gone afterwards.

import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres/embedded-postgres.ts';
import { openPostgresStore, type PostgresStore } from '../../src/adapters/store-postgres/postgres-store.ts';
import type { Log } from '../../src/ports/log.ts';

export const silent: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silent,
};

/** Where the programs of a server lie; the embedded one's are found by its adapter. */
export interface ServerKind {
  name: string;
  bin?: string;
}

const debian = '/usr/lib/postgresql';
/** The oldest that our SQL is written for, which Debian 12 has. */
export const oldest: ServerKind = { name: 'Debian’s PostgreSQL 15', bin: join(debian, '15', 'bin') };

export const embedded: ServerKind = { name: 'the embedded PostgreSQL 18' };

export const isInstalled = ({ bin }: ServerKind): boolean =>
  bin === undefined || existsSync(join(bin, 'postgres'));

/** What Debian has, for a message about what is missing. */
export const installedVersions = (): string[] => (existsSync(debian) ? readdirSync(debian) : []);

export interface TestServer {
  readonly connection: Awaited<ReturnType<typeof startEmbeddedPostgres>>['connection'];
  readonly folder: string;
  /** Rows of one query, on a connection of its own as the owner of everything. */
  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>;
  openStore(): Promise<PostgresStore>;
  /** Takes away all rows but keeps the tables. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestServer({ bin }: ServerKind, log = silent): Promise<TestServer> {
  const parent = await mkdtemp(join(tmpdir(), 'bellows-store-'));
  await chmod(parent, 0o755);
  const folder = join(parent, 'pg');
  const server = await startEmbeddedPostgres({ folder, log, ...(bin === undefined ? {} : { bin }) });
  const { connection } = server;

  const query = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> => {
    const client = new pg.Client({ ...connection, password: connection.password.reveal() });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  return {
    connection,
    folder,
    query,
    openStore: () => openPostgresStore({ connection, log }),
    async empty() {
      const tables = await query<{ name: string }>(
        `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and not relispartition and relname not in ('meta', 'migrations', 'migrations_lock')`,
      );
      if (tables.length > 0) await query(`truncate ${tables.map(({ name }) => name).join(', ')}`);
    },
    async stop() {
      await server.stop();
      await rm(parent, { recursive: true, force: true });
    },
  };
}
