import type { Host } from '../../domain/scheduling/host.ts';
import type { HostTable } from '../../ports/store.ts';
import { by } from './order.ts';
import type { Rows } from './rows.ts';
import type { Session } from './session.ts';
import { createVersionedRows } from './versioned-table.ts';

const byName = by<Host>(
  (host) => host.name,
  (host) => host.id,
);

export function createHostTable(): { participant: Rows<Host, 'all'>; in(session: Session): HostTable } {
  const versioned = createVersionedRows({
    name: 'host',
    indexes: { all: { keyOf: () => '', order: byName } },
    idOf: (host: Host) => host.id,
    versionOf: (host) => host.revision,
    raised: (host) => ({ ...host, revision: host.revision + 1 }),
    changeOf: ({ id }) => ({ kind: 'host', id }),
  });
  return {
    participant: versioned.rows,
    in: (session) => ({
      ...versioned.in(session),
      list: () => session.statement(() => versioned.rows.select(session, 'all', '')),
    }),
  };
}
