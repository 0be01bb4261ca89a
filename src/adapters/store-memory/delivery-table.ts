import type { DeliveryGuid } from '../../domain/ids.ts';
import type { Delivery, DeliveryTable, NewDelivery } from '../../ports/store.ts';
import { by, newestFirst } from './order.ts';
import { createRows } from './rows.ts';
import type { Participant, Session } from './session.ts';

interface DeliveryRow extends Delivery {
  /** The order of arrival among those of the same millisecond. */
  sequence: number;
}

const arrival = by<DeliveryRow>(
  (row) => row.receivedAt,
  (row) => row.sequence,
);

export interface DeliveryRows {
  participant: Participant;
  keep(session: Session, delivery: NewDelivery): Promise<'stored' | 'duplicate'>;
  in(session: Session): DeliveryTable;
}

export function createDeliveryTable(): DeliveryRows {
  const rows = createRows<DeliveryRow>();
  let sequence = 0;
  const lockOf = (guid: DeliveryGuid): string => `delivery ${guid}`;

  return {
    participant: rows,
    keep: (session, delivery) =>
      session.statement(async () => {
        await session.lock(lockOf(delivery.guid));
        if (rows.get(session, delivery.guid) !== undefined) return 'duplicate';
        sequence += 1;
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
          const taken: Delivery[] = [];
          for (const row of rows.select(session, ({ state }) => state === 'new').sort(arrival)) {
            if (taken.length < limit && session.tryLock(lockOf(row.guid))) taken.push(given(row));
          }
          return taken;
        }),
      mark: (guid, state, note) =>
        session.statement(async () => {
          if (rows.get(session, guid) !== undefined) await session.lock(lockOf(guid));
          const row = rows.get(session, guid);
          if (row !== undefined) rows.put(session, guid, { ...row, state, note });
        }),
      count: (state) => session.statement(() => rows.select(session, (row) => row.state === state).length),
      list: ({ state }, limit) =>
        session.statement(() =>
          rows
            .select(session, (row) => state === undefined || row.state === state)
            .sort(newestFirst(arrival))
            .slice(0, limit)
            .map(given),
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

const copyOf = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);
