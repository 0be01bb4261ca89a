import type { HostVitals } from '../../domain/hosts/vitals.ts';
import type { VitalsTable } from '../../ports/vitals-table.ts';
import { frozenCopy } from './frozen.ts';
import { by } from './order.ts';
import { createRows, type Rows } from './rows.ts';
import type { Session } from './session.ts';

export function createVitalsTable(): {
  participant: Rows<HostVitals, 'all'>;
  in(session: Session): VitalsTable;
} {
  const rows = createRows<HostVitals, 'all'>({ all: { keyOf: () => '', order: by(({ host }) => host) } });
  return {
    participant: rows,
    in: (session) => ({
      put: (vitals) =>
        session.statement(async () => {
          await session.lock(`vitals ${vitals.host}`);
          rows.put(session, vitals.host, frozenCopy(vitals));
        }),
      get: (host) => session.statement(() => rows.get(session, host)),
      list: () => session.statement(() => rows.select(session, 'all', '')),
      remove: (host) =>
        session.statement(async () => {
          if (rows.get(session, host) === undefined) return;
          await session.lock(`vitals ${host}`);
          rows.remove(session, host);
        }),
    }),
  };
}
