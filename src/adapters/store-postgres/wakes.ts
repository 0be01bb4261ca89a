// Who waits for work is woken through LISTEN and NOTIFY, on one connection of its own. Processes are told after the commit
// and a few at a time: a NOTIFY inside the transaction would make all commits of the server wait for one another. A
// listener here is called at once. A hint may be lost with its process or with the connection, which the port allows.

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../../ports/log.ts';
import type { WakeChannel } from '../../ports/store.ts';

const postgresChannel = 'bellows';
const gatherMs = 10;
const shortestPauseMs = 200;
const longestPauseMs = 10_000;

export interface Wakes {
  on(channel: WakeChannel, listener: () => void): { stop(): void };
  /** Wakes the listeners of this process now and those of the others a moment later. */
  announce(channels: ReadonlySet<WakeChannel>): void;
  close(): Promise<void>;
}

interface Listener {
  channel: string;
  listener: () => void;
}

/** Resolves when the first connection listens. */
export async function openWakes(config: pg.ClientConfig, log: Log): Promise<Wakes> {
  const self = randomUUID();
  const listeners = new Set<Listener>();
  const unsent = new Set<string>();
  const closing = new AbortController();
  let client: pg.Client | undefined;
  let gathering: NodeJS.Timeout | undefined;

  const call = (wanted: (channel: string) => boolean): void => {
    for (const entry of listeners) {
      if (wanted(entry.channel)) queueMicrotask(() => listeners.has(entry) && entry.listener());
    }
  };

  const flush = async (): Promise<void> => {
    gathering = undefined;
    if (client === undefined || unsent.size === 0) return;
    const payloads = [...unsent].map((channel) => `${self} ${channel}`);
    unsent.clear();
    const sql = 'select pg_notify($1, payload) from unnest($2::text[]) as payload';
    await client.query(sql, [postgresChannel, payloads]).catch((error: unknown) => {
      log.debug('a wake-up was lost with its connection', { error });
    });
  };

  const connect = async (): Promise<{ lost: Promise<void> }> => {
    const lost = Promise.withResolvers<void>();
    const fresh = new pg.Client(config);
    fresh.on('error', () => lost.resolve());
    fresh.on('end', () => lost.resolve());
    fresh.on('notification', ({ payload = '' }) => {
      const [sender, channel] = payload.split(' ');
      if (sender !== self) call((wanted) => wanted === channel);
    });
    try {
      await fresh.connect();
      await fresh.query(`listen ${postgresChannel}`);
    } catch (error) {
      await fresh.end().catch(() => undefined);
      throw error;
    }
    client = fresh;
    return { lost: lost.promise };
  };

  const stayConnected = async (first: { lost: Promise<void> }): Promise<void> => {
    let connection = first;
    while (!closing.signal.aborted) {
      await connection.lost;
      client = undefined;
      if (closing.signal.aborted) return;
      log.warn('lost the connection that listens for wake-ups; connecting again');
      connection = await reconnect();
      // Whatever was said meanwhile went by unheard.
      call(() => true);
      await flush();
    }
  };

  const reconnect = async (): Promise<{ lost: Promise<void> }> => {
    for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      if (closing.signal.aborted) return { lost: Promise.resolve() };
      try {
        return await connect();
      } catch (error) {
        log.debug('cannot listen for wake-ups yet', { error, retryInMs: pauseMs });
        await pause(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  };

  const staying = stayConnected(await connect());
  return {
    on(channel, listener) {
      const entry = { channel, listener };
      listeners.add(entry);
      return { stop: () => void listeners.delete(entry) };
    },
    announce(channels) {
      if (channels.size === 0) return;
      for (const channel of channels) unsent.add(channel);
      const said: ReadonlySet<string> = channels;
      call((channel) => said.has(channel));
      gathering ??= setTimeout(flush, gatherMs);
    },
    async close() {
      listeners.clear();
      clearTimeout(gathering);
      await flush();
      closing.abort();
      await client?.end().catch(() => undefined);
      await staying;
    },
  };
}
