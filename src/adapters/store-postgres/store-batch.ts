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
          name: 'keep deliveries',
          text: statement,
          values: parameters(batch),
        });
        return new Set(rows.map((row) => row.guid));
      } catch (error) {
        if (isRetryable(error)) partitions.forget();
        if (!isRetryable(error) || tried >= tries) throw classified(error, place);
      }
    }
  };
}

// All bodies go as one parameter, and the server cuts it: with one for each, `pg` copies what it has so far again and again
// while its message grows, which cost more than everything else together.
const statement = `
  with given as (
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::int[])
      as delivery (guid, event, received_at, start, length)
  ),
  fresh as (
    insert into delivery_guids (guid, received_at) select guid, received_at from given
    on conflict (guid) do nothing returning guid, seq
  )
  insert into deliveries (received_at, seq, guid, event, body, state, note)
  select received_at, seq, guid, event, substring($6::bytea from start for length), 'new', ''
  from given join fresh using (guid)
  returning guid`;

function parameters(batch: readonly NewDelivery[]): unknown[] {
  const starts: number[] = [];
  let end = 0;
  for (const { body } of batch) {
    // PostgreSQL counts from 1.
    starts.push(end + 1);
    end += body.byteLength;
  }
  return [
    batch.map((delivery) => delivery.guid),
    batch.map((delivery) => storable(delivery.event)),
    batch.map((delivery) => delivery.receivedAt),
    starts,
    batch.map((delivery) => delivery.body.byteLength),
    Buffer.concat(batch.map((delivery) => delivery.body)),
  ];
}
