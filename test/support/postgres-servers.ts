// Real PostgreSQL servers for tests: the embedded one, and those that Debian has installed. Each runs in a folder for
// temporary files and is gone afterwards.

import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/adapters/embedded-postgres/embedded-postgres.ts';
import { openPostgresStore, type PostgresStore } from '../../src/adapters/store-postgres/postgres-store.ts';
import { silentLog } from '../../src/ports/log.ts';

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
  /** Writes all of the database into a file, as it is at this moment. @throws where `pg_dump` is missing. */
  dump(file: string): Promise<void>;
  /** Puts the database back to what it was then; nobody may hold a lock. */
  restore(file: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestServer({ bin }: ServerKind, log = silentLog): Promise<TestServer> {
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

  const run = async (program: string, args: readonly string[]): Promise<void> => {
    if (bin === undefined) throw new Error(`the embedded PostgreSQL has no ${program}`);
    const { host, port, user, database, password } = connection;
    const where = ['--host', host, '--port', `${port}`, '--username', user, '--dbname', database];
    const env = { ...process.env, PGPASSWORD: password.reveal() };
    await promisify(execFile)(join(bin, program), [...where, ...args], { env });
  };

  return {
    connection,
    folder,
    query,
    dump: (file) => run('pg_dump', ['--format', 'custom', '--file', file]),
    async restore(file) {
      // Its own `--clean` stumbles over partitions.
      await query('drop schema public cascade; create schema public');
      await run('pg_restore', ['--single-transaction', '--exit-on-error', file]);
    },
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
