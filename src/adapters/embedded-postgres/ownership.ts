// Whose the server is. The owner holds an advisory lock on a connection of its own: when its process dies, by whatever
// end, PostgreSQL frees the lock, and the next start takes over the server that still runs. A pid file of ours could not
// tell a dead owner from a living one without a race.

import pg from 'pg';
import type { Secret } from '../../ports/secret.ts';
import { role } from './data-folder.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';

const ownerLock = 3_261_904_771;
const ownerName = 'bellows owner, pid ';

export interface Ownership {
  /** Resolves when the connection is lost: the server has ended, or was told to. */
  readonly lost: Promise<void>;
  /** Gives it up. */
  release(): Promise<void>;
}

/**
 * @returns undefined when no server answers there yet, or one is just starting or stopping.
 * @throws EmbeddedPostgresError when another process owns it.
 */
export async function takeOwnership(
  folder: string,
  socketFolder: string,
  password: Secret,
): Promise<Ownership | undefined> {
  const client = new pg.Client({
    host: socketFolder,
    port: 5432,
    user: role,
    database: 'postgres',
    password: password.reveal(),
    application_name: `${ownerName}${process.pid}`,
    connectionTimeoutMillis: 10_000,
  });
  const lost = Promise.withResolvers<void>();
  client.on('error', () => lost.resolve());
  client.on('end', () => lost.resolve());
  try {
    await client.connect();
  } catch (cause) {
    if (isNotUp(cause)) return undefined;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EmbeddedPostgresError(`The PostgreSQL of ${folder} runs, but refuses us: ${why}`, { cause });
  }
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
    ownerLock,
  ]);
  if (rows[0]?.taken === true) return { lost: lost.promise, release: () => client.end() };
  const owner = await ownerPid(client);
  await client.end();
  throw new EmbeddedPostgresError(
    `The data folder ${folder} is in use by another Bellows${owner}. Stop that one first, or choose another data folder.`,
  );
}

async function ownerPid(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select a.application_name as name from pg_stat_activity a join pg_locks l on l.pid = a.pid
     where l.locktype = 'advisory' and l.granted and a.pid <> pg_backend_pid() and a.application_name like $1`,
    [`${ownerName}%`],
  );
  const pid = rows[0]?.name.slice(ownerName.length);
  return pid === undefined ? '' : ` (process ${pid})`;
}

/** No socket, nobody behind it, or a server that starts up or shuts down (57P03). */
function isNotUp(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code = 'code' in cause ? String(cause.code) : '';
  return (
    ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', '57P01', '57P03'].includes(code) ||
    /terminated/.test(cause.message)
  );
}
