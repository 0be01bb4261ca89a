import { sql } from 'kysely';
import type { Host } from '../../domain/scheduling/host.ts';
import type { HostTable } from '../../ports/store.ts';
import type { Db } from './db.ts';
import { storable } from './tables.ts';
import { type NoteChange, type Versioning, versionedTable } from './versioned-table.ts';

const versioning: Versioning<Host['id'], Host> = {
  table: 'hosts',
  idOf: (host) => host.id,
  versionOf: (host) => host.revision,
  raised: (host) => ({ ...host, revision: host.revision + 1 }),
  changeOf: ({ id }) => ({ kind: 'host', id }),
  columns: (host) => ({ name: storable(host.name) }),
};

export function hostTable(db: Db, note: NoteChange): HostTable {
  return {
    ...versionedTable(db, versioning, note),
    async list() {
      const byName = db.selectFrom('hosts').select('doc').orderBy(sql`name collate "C"`).orderBy('id');
      return (await byName.execute()).map((row) => row.doc);
    },
  };
}
