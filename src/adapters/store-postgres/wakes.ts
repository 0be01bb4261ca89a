// Who waits for work is woken through LISTEN and NOTIFY, on one connection of its own. Processes are told after the commit
// and a few at a time: a NOTIFY inside the transaction would make all commits of the server wait for one another. A
// listener here is called at once. A hint may be lost with its process or with the connection, which the port allows.

import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Log } from '../../ports/log.ts';
import type { Change, WakeChannel } from '../../ports/store.ts';
import { changeKey, changePayloads, changesIn } from './change-payload.ts';
import { listenTo } from './listening-connection.ts';

const gatherMs = 10;
/** No name of a `WakeChannel`. */
const changesChannel = 'changes';

export interface Wakes {
  on(channel: WakeChannel, listener: () => void): { stop(): void };
  onChange(listener: (change: Change) => void): { stop(): void };
  /** Tells the listeners of this process now and those of the others a moment later. */
  announce(channels: ReadonlySet<WakeChannel>, changes?: readonly Change[]): void;
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
  const changeListeners = new Set<(change: Change) => void>();
  const unsentChanges = new Map<string, Change>();
  let gathering: NodeJS.Timeout | undefined;

  const call = (wanted: (channel: string) => boolean): void => {
    for (const entry of listeners) {
      if (wanted(entry.channel)) queueMicrotask(() => listeners.has(entry) && entry.listener());
    }
  };
  const heard = (payload: string): void => {
    const [sender = '', channel = ''] = payload.split(' ', 2);
    if (sender === self) return;
    if (channel === changesChannel) tell(changesIn(payload.slice(sender.length + channel.length + 2)));
    else call((wanted) => wanted === channel);
  };
  const tell = (changes: readonly Change[]): void => {
    for (const listener of changeListeners) {
      queueMicrotask(() => {
        for (const change of changes) if (changeListeners.has(listener)) listener(change);
      });
    }
  };
  const missed = (): void => {
    call(() => true);
    tell([{ kind: 'unknown' }]);
  };
  const connection = await listenTo(config, { channel: 'bellows', heard, back: missed }, log);

  const flush = async (): Promise<void> => {
    const changes = changePayloads([...unsentChanges.values()]).map((text) => `${changesChannel} ${text}`);
    const payloads = [...unsent, ...changes].map((text) => `${self} ${text}`);
    unsent.clear();
    unsentChanges.clear();
    await connection.notify(payloads);
    // What was said while these were on their way goes with the next.
    gathering = unsent.size + unsentChanges.size > 0 ? setTimeout(flush, gatherMs) : undefined;
  };

  return {
    on(channel, listener) {
      const entry = { channel, listener };
      listeners.add(entry);
      return { stop: () => void listeners.delete(entry) };
    },
    onChange(listener) {
      changeListeners.add(listener);
      return { stop: () => void changeListeners.delete(listener) };
    },
    announce(channels, changes = []) {
      const said: ReadonlySet<string> = channels;
      if (said.size + changes.length === 0) return;
      for (const change of changes) unsentChanges.set(changeKey(change), change);
      if (changes.length > 0) tell(changes);
      for (const channel of said) unsent.add(channel);
      call((channel) => said.has(channel));
      gathering ??= setTimeout(flush, gatherMs);
    },
    async close() {
      listeners.clear();
      changeListeners.clear();
      await flush();
      clearTimeout(gathering);
      await connection.close();
    },
  };
}
