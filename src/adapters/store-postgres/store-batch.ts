import type { Kysely } from 'kysely';
import type pg from 'pg';
import type { DeliveryGuid } from '../../domain/ids.ts';
import type { NewDelivery } from '../../ports/delivery-tables.ts';
import { createPacker, type Pack } from './body-pack.ts';
import { insertDeliveries } from './delivery-insert.ts';
import type { StoreBatch } from './delivery-writer.ts';
import { classified, isRetryable } from './errors.ts';
import type { Partitions } from './partitions.ts';
import type { Tables } from './tables.ts';

const tries = 5;

/** One statement, and so one commit, for the whole batch. */
export function storeBatchWith(
  pool: pg.Pool,
  db: Kysely<Tables>,
  partitions: Partitions,
  place: string,
): StoreBatch {
  const packed = createPacker();
  return async (batch) => {
    const pack = await packed(batch.map(({ body }) => body));
    for (let tried = 1; ; tried += 1) {
      try {
        // Most of a batch came within the same few milliseconds.
        const times = [...new Set(batch.map((delivery) => delivery.receivedAt))];
        if (!partitions.haveAll('deliveries', times)) {
          await db.transaction().execute((tx) => partitions.provide(tx, 'deliveries', times));
        }
        return await insertWith(pool, batch, pack);
      } catch (error) {
        if (isRetryable(error)) partitions.forget();
        if (!isRetryable(error) || tried >= tries) throw classified(error, place);
      }
    }
  };
}

async function insertWith(
  pool: pg.Pool,
  batch: readonly NewDelivery[],
  pack: Pack,
): Promise<ReadonlySet<DeliveryGuid>> {
  const client = await pool.connect();
  try {
    const fresh = await insertDeliveries(client, batch, pack);
    client.release();
    return fresh;
  } catch (error) {
    // Its connection may be broken; another one is cheap beside a failure.
    client.release(true);
    throw error;
  }
}
