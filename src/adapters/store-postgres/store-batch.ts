import type { Kysely } from 'kysely';
import type pg from 'pg';
import type { DeliveryGuid } from '../../domain/ids.ts';
import type { NewDelivery } from '../../ports/store.ts';
import type { StoreBatch } from './delivery-writer.ts';
import { classified, isRetryable } from './errors.ts';
import type { Partitions } from './partitions.ts';
import { storable, type Tables } from './tables.ts';

const tries = 5;

/** One statement, and so one commit, for the whole batch. */
export function storeBatchWith(
  pool: pg.Pool,
  db: Kysely<Tables>,
  partitions: Partitions,
  place: string,
): StoreBatch {
  return async (batch) => {
    for (let tried = 1; ; tried += 1) {
      try {
        const times = batch.map((delivery) => delivery.receivedAt);
        if (!partitions.haveAll('deliveries', times)) {
          await db.transaction().execute((tx) => partitions.provide(tx, 'deliveries', times));
        }
        const { rows } = await pool.query<{ guid: DeliveryGuid }>({
          name: `keep-${batch.length}`,
          text: statementFor(batch.length),
          values: batch.flatMap(parameters),
        });
        return new Set(rows.map((row) => row.guid));
      } catch (error) {
        if (isRetryable(error)) partitions.forget();
        if (!isRetryable(error) || tried >= tries) throw classified(error, place);
      }
    }
  };
}

function statementFor(rows: number): string {
  const given = Array.from({ length: rows }, (_, i) => {
    const [guid, event, body, receivedAt] = [1, 2, 3, 4].map((n) => `$${4 * i + n}`);
    return `(${guid}::text, ${event}::text, ${body}::bytea, ${receivedAt}::bigint)`;
  });
  return `
    with given (guid, event, body, received_at) as (values ${given.join(', ')}),
    fresh as (
      insert into delivery_guids (guid, received_at) select guid, received_at from given
      on conflict (guid) do nothing returning guid, seq
    )
    insert into deliveries (received_at, seq, guid, event, body, state, note)
    select given.received_at, fresh.seq, guid, given.event, given.body, 'new', '' from given join fresh using (guid)
    returning guid`;
}

function parameters({ guid, event, body, receivedAt }: NewDelivery): unknown[] {
  return [guid, storable(event), Buffer.from(body.buffer, body.byteOffset, body.byteLength), receivedAt];
}
