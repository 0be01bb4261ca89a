// One connection that listens to one channel of PostgreSQL, and comes back when it is lost.

import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../../ports/log.ts';

const shortestPauseMs = 200;
const longestPauseMs = 10_000;

export interface ListeningConnection {
  /** Sends payloads to all who listen. While there is no connection, and when it breaks, they are lost. */
  notify(payloads: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface Listening {
  channel: string;
  heard: (payload: string) => void;
  /** The connection was lost and is back: whatever was said meanwhile went by unheard. */
  back: () => void;
}

/** Resolves when the first connection listens; rejects when it cannot be made. */
export async function listenTo(
  config: pg.ClientConfig,
  { channel, heard, back }: Listening,
  log: Log,
): Promise<ListeningConnection> {
  const closing = new AbortController();
  let current: Connected | undefined = await connect(config, channel, heard);

  const reconnect = async (): Promise<Connected | undefined> => {
    for (let pauseMs = shortestPauseMs; !closing.signal.aborted; ) {
      try {
        return await connect(config, channel, heard);
      } catch (error) {
        log.debug('cannot listen for wake-ups yet', { error, retryInMs: pauseMs });
        await pause(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
        pauseMs = Math.min(longestPauseMs, pauseMs * 2);
      }
    }
    return undefined;
  };

  const stayConnected = async (): Promise<void> => {
    for (;;) {
      await current?.lost;
      current = undefined;
      if (closing.signal.aborted) return;
      log.warn('lost the connection that listens for wake-ups; connecting again');
      current = await reconnect();
      back();
    }
  };

  const staying = stayConnected();
  return {
    async notify(payloads) {
      if (current === undefined || payloads.length === 0) return;
      const sql = 'select pg_notify($1, payload) from unnest($2::text[]) as payload';
      await current.client.query(sql, [channel, payloads]).catch((error: unknown) => {
        log.debug('a wake-up was lost with its connection', { error });
      });
    },
    async close() {
      closing.abort();
      await current?.client.end().catch(() => undefined);
      await staying;
    },
  };
}

interface Connected {
  client: pg.Client;
  lost: Promise<void>;
}

async function connect(
  config: pg.ClientConfig,
  channel: string,
  heard: (payload: string) => void,
): Promise<Connected> {
  const lost = Promise.withResolvers<void>();
  const client = new pg.Client(config);
  client.on('error', () => lost.resolve());
  client.on('end', () => lost.resolve());
  client.on('notification', ({ payload = '' }) => heard(payload));
  try {
    await client.connect();
    await client.query(`listen ${channel}`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return { client, lost: lost.promise };
}
