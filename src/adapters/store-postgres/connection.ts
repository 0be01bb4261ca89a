import pg from 'pg';
import type { Secret } from '../../ports/secret.ts';

/** A URL as in `DATABASE_URL`, or its parts; `host` may be the folder of a Unix socket. */
export type PostgresConnection =
  | { url: Secret }
  | { host: string; port: number; user: string; database: string; password: Secret };

/** How long a call waits for a connection: for the server, or for a free one of ours. */
const connectTimeoutMs = 10_000;
/** No statement of ours takes longer, waiting for locks included, unless something is wrong. */
const statementTimeoutMs = 30_000;
/** A transaction that says nothing for so long belongs to a process that hangs, and holds locks. */
const idleInTransactionMs = 60_000;

export function clientConfig(connection: PostgresConnection, purpose: string): pg.ClientConfig {
  const where =
    'url' in connection
      ? { connectionString: connection.url.reveal() }
      : { ...connection, password: connection.password.reveal() };
  return {
    ...where,
    application_name: `bellows ${purpose}`,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
    types: { getTypeParser },
  };
}

export function openPool(connection: PostgresConnection, purpose: string, max: number): pg.Pool {
  const pool = new pg.Pool({ ...clientConfig(connection, purpose), max });
  // Who uses a connection that breaks is told by the failing query; without a listener Node would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => void client.on('error', () => {}));
  return pool;
}

/** Where it is, for messages: never with the password. */
export function placeOf(connection: PostgresConnection): string {
  if (!('url' in connection)) return `${connection.host}, database ${connection.database}`;
  try {
    const { hostname, port, pathname } = new URL(connection.url.reveal());
    return `${hostname || 'localhost'}${port === '' ? '' : `:${port}`}, database ${pathname.slice(1)}`;
  } catch {
    return 'the address in DATABASE_URL, which is no URL';
  }
}

const int8 = pg.types.builtins.INT8;

/** `int8` as a number: instants, GitHub's ids and counts all lie below 2^53. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bug: the database holds ${text}, beyond 2^53`);
  return value;
}

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === int8 && format !== 'binary' ? parseInt8 : pg.types.getTypeParser(oid, format);
