// The rows of one table: what is committed, and on top of it what each open transaction has written and only it can see.
// Rows are frozen, so that no two readers share anything that one of them could change.

import type { Participant, Session } from './session.ts';

export interface Rows<Row> extends Participant {
  get(session: Session, key: string): Row | undefined;
  /** All rows that the statement sees and that `wanted` accepts, in the order of their writing. */
  select(session: Session, wanted: (row: Row) => boolean): Row[];
  /** The caller holds the row's lock, or made the key. */
  put(session: Session, key: string, row: Row): void;
  remove(session: Session, key: string): void;
}

export function createRows<Row>(): Rows<Row> {
  const committed = new Map<string, Row>();
  const written = new Map<Session, Map<string, Row | undefined>>();

  const write = (session: Session, key: string, row: Row | undefined): void => {
    const own = written.get(session) ?? new Map<string, Row | undefined>();
    written.set(session, own);
    own.set(key, row);
  };

  return {
    get(session, key) {
      const own = written.get(session);
      return own?.has(key) ? own.get(key) : committed.get(key);
    },
    select(session, wanted) {
      const own = written.get(session);
      const seen: Row[] = [];
      for (const [key, row] of committed) if (!own?.has(key) && wanted(row)) seen.push(row);
      for (const row of own?.values() ?? []) if (row !== undefined && wanted(row)) seen.push(row);
      return seen;
    },
    put: write,
    remove: (session, key) => write(session, key, undefined),
    commit(session) {
      for (const [key, row] of written.get(session) ?? []) {
        if (row === undefined) committed.delete(key);
        else committed.set(key, row);
      }
      written.delete(session);
    },
    rollback: (session) => void written.delete(session),
  };
}
