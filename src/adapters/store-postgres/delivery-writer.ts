// Keeps deliveries, several with one commit: a commit waits for the disk, and one wait serves all that came in the meantime.
// No caller is answered before the commit of his own delivery.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DeliveryGuid } from '../../domain/ids.ts';
import type { NewDelivery } from '../../ports/delivery-tables.ts';
import { StoreUnavailableError } from '../../ports/store.ts';

/** Stores a batch without doubles in one transaction; gives the GUIDs that were new. */
export type StoreBatch = (batch: readonly NewDelivery[]) => Promise<ReadonlySet<DeliveryGuid>>;

export interface DeliveryWriter {
  /** @throws StoreUnavailableError also when too much waits already. */
  keep(delivery: NewDelivery): Promise<'stored' | 'duplicate'>;
  /** Resolves when all that waited is done with. */
  close(): Promise<void>;
}

export interface DeliveryWriterLimits {
  /** Batches under way at the same time, each on a connection of its own. */
  writers: number;
  /** So many must wait before another batch begins beside one that is under way. */
  besideRows: number;
  batchRows: number;
  batchBytes: number;
  waitingRows: number;
  waitingBytes: number;
}

interface Waiting {
  delivery: NewDelivery;
  resolve: (outcome: 'stored' | 'duplicate') => void;
  reject: (error: unknown) => void;
}

export function createDeliveryWriter(store: StoreBatch, limits: DeliveryWriterLimits): DeliveryWriter {
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let closed = false;
  // Counted where the loop ends, and not when its promise settles: what comes in between would be left lying.
  let writing = 0;
  const running = new Set<Promise<void>>();

  const nextBatch = (): Waiting[] => {
    let bytes = 0;
    let count = 0;
    for (const { delivery } of waiting) {
      bytes += delivery.body.byteLength;
      if (count > 0 && (count >= limits.batchRows || bytes > limits.batchBytes)) break;
      count += 1;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    for (const { delivery } of batch) waitingBytes -= delivery.body.byteLength;
    return batch;
  };

  const write = async (): Promise<void> => {
    for (;;) {
      // What has arrived meanwhile is read first, and goes along.
      await nextTurn();
      if (waiting.length === 0) break;
      await settle(store, nextBatch());
    }
    writing -= 1;
  };

  const startWriters = (): void => {
    // Beside another one, a batch uses the time in which that one waits for the disk. But small batches cost more for each
    // delivery, so few had better wait and grow.
    if (writing >= limits.writers || (writing > 0 && waiting.length < limits.besideRows)) return;
    writing += 1;
    const writer: Promise<void> = write().finally(() => running.delete(writer));
    running.add(writer);
  };

  return {
    keep(delivery) {
      const bytes = delivery.body.byteLength;
      const full = waiting.length >= limits.waitingRows || waitingBytes + bytes > limits.waitingBytes;
      if (closed) return Promise.reject(new StoreUnavailableError('the store is closed'));
      if (full && waiting.length > 0) {
        const message = `${waiting.length} deliveries wait to be stored already: PostgreSQL is too slow for what comes in`;
        return Promise.reject(new StoreUnavailableError(message));
      }
      const { promise, resolve, reject } = Promise.withResolvers<'stored' | 'duplicate'>();
      waiting.push({ delivery, resolve, reject });
      waitingBytes += bytes;
      startWriters();
      return promise;
    },
    async close() {
      closed = true;
      await Promise.all(running);
    },
  };
}

/** Answers each caller of one batch; never rejects. */
async function settle(store: StoreBatch, batch: readonly Waiting[]): Promise<void> {
  // Of several with the same GUID the first is stored; the others are its doubles, whatever becomes of it.
  const firsts = new Map<DeliveryGuid, Waiting>();
  const doubles: Waiting[] = [];
  for (const entry of batch) {
    if (firsts.has(entry.delivery.guid)) doubles.push(entry);
    else firsts.set(entry.delivery.guid, entry);
  }
  // The order of GUIDs keeps two processes that got the same ones from waiting for each other in a circle.
  const rows = [...firsts.values()].sort((a, b) => (a.delivery.guid < b.delivery.guid ? -1 : 1));
  try {
    const stored = await store(rows.map((entry) => entry.delivery));
    for (const { delivery, resolve } of rows) resolve(stored.has(delivery.guid) ? 'stored' : 'duplicate');
    for (const { resolve } of doubles) resolve('duplicate');
  } catch (error) {
    if (error instanceof StoreUnavailableError || batch.length === 1) {
      for (const { reject } of batch) reject(error);
      return;
    }
    // One of them cannot be stored; the others must not pay for it.
    for (const entry of batch) await settle(store, [entry]);
  }
}
