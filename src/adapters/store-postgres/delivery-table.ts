import { sql } from 'kysely';
import { assert } from '../../domain/bug.ts';
import type { Delivery, DeliveryTable } from '../../ports/delivery-tables.ts';
import { unpacked } from './body-pack.ts';
import type { Db } from './db.ts';
import { storable, type Tables } from './tables.ts';

type Row = Pick<
  Tables['deliveries'],
  | 'guid'
  | 'event'
  | 'body'
  | 'received_at'
  | 'state'
  | 'note'
  | 'pack_at'
  | 'pack_seq'
  | 'pack_start'
  | 'pack_length'
>;

export function deliveryTable(db: Db): DeliveryTable {
  const columns = [
    ...(['d.guid', 'd.event', 'd.received_at', 'd.state', 'd.note'] as const),
    ...(['d.pack_at', 'd.pack_seq', 'd.pack_start', 'd.pack_length'] as const),
    // A pack is fetched once for all that lie in it.
    sql<Buffer | null>`case when d.pack_seq is null then d.body end`.as('body'),
  ] as const;
  const select = () => db.selectFrom('deliveries as d').select(columns);
  return {
    async get(guid) {
      const row = await select()
        .innerJoin('delivery_guids as g', (join) =>
          join.onRef('g.received_at', '=', 'd.received_at').onRef('g.seq', '=', 'd.seq'),
        )
        .where('g.guid', '=', guid)
        .executeTakeFirst();
      return row === undefined ? undefined : (await deliveriesOf(db, [row]))[0];
    },
    async claim(limit) {
      const rows = await select()
        .where('d.state', '=', 'new')
        .orderBy('d.received_at')
        .orderBy('d.seq')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute();
      return deliveriesOf(db, rows);
    },
    async mark(guid, state, note) {
      await db
        .updateTable('deliveries as d')
        .from('delivery_guids as g')
        .set({ state, note: storable(note) })
        .where('g.guid', '=', guid)
        .whereRef('d.received_at', '=', 'g.received_at')
        .whereRef('d.seq', '=', 'g.seq')
        .execute();
    },
    async count(state) {
      const query = db.selectFrom('deliveries').where('state', '=', state);
      const { count } = await query
        .select((is) => is.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    async list({ state }, limit) {
      let query = select().orderBy('d.received_at', 'desc').orderBy('d.seq', 'desc').limit(limit);
      if (state !== undefined) query = query.where('d.state', '=', state);
      return deliveriesOf(db, await query.execute());
    },
    async known(guids) {
      const rows = await db
        .selectFrom('delivery_guids')
        .select('guid')
        .where((is) => is('guid', '=', is.fn.any(is.val([...guids]))))
        .execute();
      return new Set(rows.map((row) => row.guid));
    },
  };
}

async function deliveriesOf(db: Db, rows: readonly Row[]): Promise<Delivery[]> {
  const packs = await packsOf(db, rows);
  return rows.map((row) => {
    const { guid, event, received_at, state, note, pack_start, pack_length } = row;
    const pack = packs.get(packId(row));
    const all = pack ?? row.body;
    assert(all !== null, 'a delivery has no body');
    const start = pack === undefined ? 0 : (pack_start ?? 0);
    const length = pack === undefined ? all.byteLength : (pack_length ?? 0);
    const body = new Uint8Array(all.buffer, all.byteOffset + start, length);
    return { guid, event, body, receivedAt: received_at, state, note };
  });
}

const packId = ({ pack_at, pack_seq }: Pick<Row, 'pack_at' | 'pack_seq'>): string => `${pack_at} ${pack_seq}`;

/** What these rows point to, unpacked, by `packId`. */
async function packsOf(db: Db, rows: readonly Row[]): Promise<ReadonlyMap<string, Buffer>> {
  const asked = new Map(rows.filter((row) => row.pack_seq !== null).map((row) => [packId(row), row]));
  if (asked.size === 0) return new Map();
  const column = (of: 'pack_at' | 'pack_seq') => [...asked.values()].map((row) => row[of]);
  const { rows: packs } = await sql<Pick<Row, 'pack_at' | 'pack_seq'> & { body: Buffer }>`
    select received_at as pack_at, seq as pack_seq, body from deliveries
    where (received_at, seq) in (select * from unnest(${column('pack_at')}::bigint[], ${column('pack_seq')}::bigint[]))
  `.execute(db);
  return new Map(packs.map((pack) => [packId(pack), unpacked(pack.body)]));
}
