import type { DeliveryGuid } from '../../domain/ids.ts';
import type { Delivery, DeliveryTable, NewDelivery } from '../../ports/delivery-tables.ts';
import { by } from './order.ts';
import { createRows, type Rows } from './rows.ts';
import type { Session } from './session.ts';

interface DeliveryRow extends Delivery {
  /** The order of arrival among those of the same millisecond. */
  sequence: number;
}

const arrival = by<DeliveryRow>(
  (row) => row.receivedAt,
  (row) => row.sequence,
);

export interface DeliveryRows {
  participant: Rows<DeliveryRow, 'all' | 'state'>;
  keep(session: Session, delivery: NewDelivery): Promise<'stored' | 'duplicate'>;
  in(session: Session): DeliveryTable;
}

export function createDeliveryTable(): DeliveryRows {
  const rows = createRows<DeliveryRow, 'all' | 'state'>({
    all: { keyOf: () => '', order: arrival },
    state: { keyOf: ({ state }) => state, order: arrival },
  });
  const lockOf = (guid: DeliveryGuid): string => `delivery ${guid}`;

  return {
    participant: rows,
    keep: (session, delivery) =>
      session.statement(async () => {
        await session.lock(lockOf(delivery.guid));
        if (rows.get(session, delivery.guid) !== undefined) return 'duplicate';
        const sequence = rows.nextNumber();
        const { guid, event, body, receivedAt } = delivery;
        const kept = { guid, event, body: copyOf(body), receivedAt, sequence };
        rows.put(session, guid, { ...kept, state: 'new', note: '' });
        return 'stored';
      }),
    in: (session) => ({
      get: (guid) =>
        session.statement(() => {
          const row = rows.get(session, guid);
          return row === undefined ? undefined : given(row);
        }),
      claim: (limit) =>
        session.statement(() => {
          const where = ({ guid }: DeliveryRow): boolean => session.tryLock(lockOf(guid));
          return rows.select(session, 'state', 'new', { limit, where }).map(given);
        }),
      mark: (guid, state, note) =>
        session.statement(async () => {
          if (rows.get(session, guid) !== undefined) await session.lock(lockOf(guid));
          const row = rows.get(session, guid);
          if (row !== undefined) rows.put(session, guid, { ...row, state, note });
        }),
      count: (state) => session.statement(() => rows.count(session, 'state', state)),
      list: ({ state }, limit) =>
        session.statement(() =>
          (state === undefined
            ? rows.select(session, 'all', '', { newestFirst: true, limit })
            : rows.select(session, 'state', state, { newestFirst: true, limit })
          ).map(given),
        ),
      known: (guids) =>
        session.statement(() => new Set(guids.filter((guid) => rows.get(session, guid) !== undefined))),
    }),
  };
}

// Bytes cannot be frozen, so each reader gets its own.
function given({ guid, event, body, receivedAt, state, note }: DeliveryRow): Delivery {
  return { guid, event, body: copyOf(body), receivedAt, state, note };
}

const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
