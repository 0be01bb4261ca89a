// The one statement that must be cheap: one for a batch, with the bodies packed into one parameter. The pack lies in the first row
// that is new, and the others point to it; in the first one of each day, since a day's rows are dropped together.

import type pg from 'pg';
import type { DeliveryGuid } from '../../domain/ids.ts';
import type { NewDelivery } from '../../ports/delivery-tables.ts';
import type { Pack } from './body-pack.ts';
import { dayMs } from './partitions.ts';
import { storable } from './tables.ts';

const name = 'keep deliveries';

const text = `
  with given as (
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::int[])
      as delivery (guid, event, received_at, start, length)
  ),
  fresh as (
    insert into delivery_guids (guid, received_at) select guid, received_at from given
    on conflict (guid) do nothing returning guid, seq
  ),
  numbered as (
    select given.*, seq, first_value(received_at) over first as pack_at, first_value(seq) over first as pack_seq
    from given join fresh using (guid) window first as (partition by received_at / ${dayMs} order by seq)
  )
  insert into deliveries
    (received_at, seq, guid, event, body, state, note, pack_at, pack_seq, pack_start, pack_length)
  select received_at, seq, guid, event, case when seq = pack_seq then $6::bytea end, 'new', '',
    pack_at, pack_seq, start, length
  from numbered
  returning guid`;

/** Inserts a batch without doubles, whose bodies are packed, with one statement, and so one commit; gives the GUIDs that were new. */
export async function insertDeliveries(
  client: pg.ClientBase,
  batch: readonly NewDelivery[],
  { bytes, places }: Pack,
): Promise<ReadonlySet<DeliveryGuid>> {
  const values: unknown[] = [
    array(batch.map(({ guid }) => quoted(guid))),
    array(batch.map(({ event }) => quoted(storable(event)))),
    array(batch.map(({ receivedAt }) => receivedAt)),
    array(places.map(({ start }) => start)),
    array(places.map(({ length }) => length)),
    bytes,
  ];
  try {
    const { rows } = await client.query<[DeliveryGuid], unknown[]>({ name, text, rowMode: 'array', values });
    return new Set(rows.map(([guid]) => guid));
  } finally {
    // What `pg` keeps of a query outlives V8's quick collections; the pack must not do so with it.
    values.fill(null);
  }
}

/** As PostgreSQL reads an array; `pg` makes the same of one, but looks at each element longer. */
const array = (elements: readonly (string | number)[]): string => `{${elements.join()}}`;

const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;
