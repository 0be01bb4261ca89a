import type { Delivery, DeliveryTable } from '../../ports/delivery-tables.ts';
import type { Db } from './db.ts';
import { storable, type Tables } from './tables.ts';

type Row = Pick<Tables['deliveries'], 'guid' | 'event' | 'body' | 'received_at' | 'state' | 'note'>;

export function deliveryTable(db: Db): DeliveryTable {
  const columns = ['d.guid', 'd.event', 'd.body', 'd.received_at', 'd.state', 'd.note'] as const;
  const select = () => db.selectFrom('deliveries as d').select(columns);
  return {
    async get(guid) {
      const row = await select()
        .innerJoin('delivery_guids as g', (join) =>
          join.onRef('g.received_at', '=', 'd.received_at').onRef('g.seq', '=', 'd.seq'),
        )
        .where('g.guid', '=', guid)
        .executeTakeFirst();
      return row === undefined ? undefined : delivery(row);
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
      return rows.map(delivery);
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
      return (await query.execute()).map(delivery);
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

function delivery({ guid, event, body, received_at, state, note }: Row): Delivery {
  const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  return { guid, event, body: bytes, receivedAt: received_at, state, note };
}
