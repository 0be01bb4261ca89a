// The one statement that must be cheap. As a query of `pg`, all parameters are copied into one message: a copy of every body
// more, and what is copied has to be collected as garbage, which costs more than the copy. So the message is made here around
// the bodies, and they go to the socket from where they came in.
// Source: PostgreSQL manual, "Message Formats" (Bind); the way in is that of pg-cursor: whatever has a `submit`.

import type pg from 'pg';
import type { DeliveryGuid } from '../../domain/ids.ts';
import type { NewDelivery } from '../../ports/delivery-tables.ts';
import { storable } from './tables.ts';

const name = 'keep deliveries';

// All bodies are one parameter, the last, and the server cuts it.
const text = `
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

/** Inserts a batch without doubles with one statement, and so one commit; gives the GUIDs that were new. */
export function insertDeliveries(
  client: pg.ClientBase,
  batch: readonly NewDelivery[],
): Promise<ReadonlySet<DeliveryGuid>> {
  return new Promise((resolve, reject) => {
    client.query(new DeliveryInsert(batch, resolve, reject));
  });
}

/** Connections that know the statement. */
const prepared = new WeakSet<pg.Connection>();

/** What `pg` gives for a row: the columns as text. */
interface DataRow {
  fields: readonly DeliveryGuid[];
}

class DeliveryInsert implements pg.Submittable {
  readonly #batch: readonly NewDelivery[];
  readonly #resolve: (fresh: ReadonlySet<DeliveryGuid>) => void;
  readonly #reject: (error: Error) => void;
  readonly #fresh = new Set<DeliveryGuid>();

  constructor(
    batch: readonly NewDelivery[],
    resolve: (fresh: ReadonlySet<DeliveryGuid>) => void,
    reject: (error: Error) => void,
  ) {
    this.#batch = batch;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: pg.Connection): void {
    const { stream } = connection;
    stream.cork();
    if (!prepared.has(connection)) {
      // Noted when the database says so: a statement that it refused is to be told it again.
      connection.once('parseComplete', () => prepared.add(connection));
      connection.parse({ name, text, types: [] }, true);
    }
    stream.write(bindHead(this.#batch));
    for (const { body } of this.#batch) stream.write(body);
    stream.write(bindTail);
    connection.execute(null, true);
    connection.sync();
    stream.uncork();
  }

  handleDataRow({ fields: [guid] }: DataRow): void {
    if (guid !== undefined) this.#fresh.add(guid);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#resolve(this.#fresh);
  }

  handleError(error: Error): void {
    this.#reject(error);
  }
}

/** A Bind up to the bodies: their length is told, they themselves and `bindTail` must follow. */
function bindHead(batch: readonly NewDelivery[]): Buffer {
  let end = 0;
  const starts = batch.map(({ body }) => {
    // PostgreSQL counts from 1.
    const start = end + 1;
    end += body.byteLength;
    return start;
  });
  const arrays = [
    batch.map((delivery) => quoted(delivery.guid)),
    batch.map((delivery) => quoted(storable(delivery.event))),
    batch.map((delivery) => delivery.receivedAt),
    starts,
    batch.map((delivery) => delivery.body.byteLength),
  ].map((values) => Buffer.from(`{${values.join()}}`));
  const parts = [
    Buffer.from(`\0${name}\0`),
    // Text for the arrays, binary for the bodies.
    int16s(arrays.length + 1, ...arrays.map(() => 0), 1),
    int16s(arrays.length + 1),
    ...arrays.flatMap((array) => [int32(array.length), array]),
    int32(end),
  ];
  const length = parts.reduce((sum, part) => sum + part.length, int32Bytes + end + bindTail.length);
  return Buffer.concat([Buffer.from('B'), int32(length), ...parts]);
}

const int32Bytes = 4;

/** No formats for the result, so all of it is text. */
const bindTail = int16s(0);

/** An element of an array, as PostgreSQL reads them. */
const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;

function int16s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) bytes.writeInt16BE(value, 2 * i);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(int32Bytes);
  bytes.writeInt32BE(value);
  return bytes;
}
