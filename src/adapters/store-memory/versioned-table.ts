import { type Change, StaleWriteError } from '../../ports/store.ts';
import { frozenCopy } from './frozen.ts';
import type { IndexSpec } from './row-index.ts';
import { createRows, type Rows } from './rows.ts';
import type { Session } from './session.ts';

interface Versioning<Id, Row, Index extends string> {
  name: string;
  indexes: Record<Index, IndexSpec<Row>>;
  idOf: (row: Row) => Id;
  versionOf: (row: Row) => number;
  raised: (row: Row) => Row;
  changeOf: (row: Row) => Change;
}

export interface VersionedRows<Id, Row, Index extends string> {
  readonly rows: Rows<Row, Index>;
  in(session: Session): {
    get(id: Id): Promise<Row | undefined>;
    lockRow(id: Id): Promise<Row | undefined>;
    insert(row: Row): Promise<boolean>;
    update(row: Row): Promise<void>;
    remove(id: Id): Promise<void>;
  };
}

export function createVersionedRows<Id extends string | number, Row, Index extends string>(
  versioning: Versioning<Id, Row, Index>,
): VersionedRows<Id, Row, Index> {
  const { name, indexes, idOf, versionOf, raised, changeOf } = versioning;
  const rows = createRows(indexes);
  const lockOf = (id: Id): string => `${name} ${id}`;
  const note = (session: Session, row: Row): void =>
    void session.changes.set(lockOf(idOf(row)), changeOf(row));

  return {
    rows,
    in: (session) => ({
      get: (id) => session.statement(() => rows.get(session, `${id}`)),
      lockRow: (id) =>
        session.statement(async () => {
          if (rows.get(session, `${id}`) === undefined) return undefined;
          await session.lock(lockOf(id));
          return rows.get(session, `${id}`);
        }),
      insert: (row) =>
        session.statement(async () => {
          const key = `${idOf(row)}`;
          if (rows.get(session, key) !== undefined) return false;
          // Somebody may have inserted it and not committed yet: whether it is there will only then be known.
          await session.lock(lockOf(idOf(row)));
          if (rows.get(session, key) !== undefined) return false;
          rows.put(session, key, frozenCopy(row));
          note(session, row);
          return true;
        }),
      update: (row) =>
        session.statement(async () => {
          const key = `${idOf(row)}`;
          if (rows.get(session, key) !== undefined) await session.lock(lockOf(idOf(row)));
          const stored = rows.get(session, key);
          if (stored === undefined || versionOf(stored) !== versionOf(row)) {
            throw new StaleWriteError(`${name} ${key} has changed since it was read`);
          }
          rows.put(session, key, frozenCopy(raised(row)));
          note(session, row);
        }),
      remove: (id) =>
        session.statement(async () => {
          const row = rows.get(session, `${id}`);
          if (row === undefined) return;
          await session.lock(lockOf(id));
          rows.remove(session, `${id}`);
          note(session, row);
        }),
    }),
  };
}
