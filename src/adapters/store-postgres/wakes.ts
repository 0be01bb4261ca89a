// Who waits for work is woken through LISTEN and NOTIFY, on one connection of its own. Processes are told after the commit
// and a few at a time: a NOTIFY inside the transaction would make all commits of the server wait for one another. A
// listener here is called at once. A hint may be lost with its process or with the connection, which the port allows.

import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Log } from '../../ports/log.ts';
import type { WakeChannel } from '../../ports/store.ts';
import { listenTo } from './listening-connection.ts';

const gatherMs = 10;

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

export async function openWakes(config: pg.ClientConfig, log: Log): Promise<Wakes> {
  // Our own notifications come back to us; the listeners here know already.
  const self = randomUUID();
  const listeners = new Set<Listener>();
  const unsent = new Set<string>();
  let gathering: NodeJS.Timeout | undefined;

  const call = (wanted: (channel: string) => boolean): void => {
    for (const entry of listeners) {
      if (wanted(entry.channel)) queueMicrotask(() => listeners.has(entry) && entry.listener());
    }
  };
  const heard = (payload: string): void => {
    const [sender, channel] = payload.split(' ');
    if (sender !== self) call((wanted) => wanted === channel);
  };
  const connection = await listenTo(config, { channel: 'bellows', heard, back: () => call(() => true) }, log);

  const flush = async (): Promise<void> => {
    const payloads = [...unsent].map((channel) => `${self} ${channel}`);
    unsent.clear();
    await connection.notify(payloads);
    // What was said while these were on their way goes with the next.
    gathering = unsent.size > 0 ? setTimeout(flush, gatherMs) : undefined;
  };

  return {
    on(channel, listener) {
      const entry = { channel, listener };
      listeners.add(entry);
      return { stop: () => void listeners.delete(entry) };
    },
    announce(channels) {
      const said: ReadonlySet<string> = channels;
      if (said.size === 0) return;
      for (const channel of said) unsent.add(channel);
      call((channel) => said.has(channel));
      gathering ??= setTimeout(flush, gatherMs);
    },
    async close() {
      listeners.clear();
      await flush();
      clearTimeout(gathering);
      await connection.close();
    },
  };
}
