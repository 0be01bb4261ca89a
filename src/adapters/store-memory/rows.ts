// The rows of one table: what is committed, and on top of it what each open transaction has written and only it can see.
// Rows are frozen, so that no two readers share anything that one of them could change. Queries go through indexes, so
// that none grows with what is done and gone.

import { assert } from '../../domain/bug.ts';
import { type Entry, type IndexSpec, RowIndex } from './row-index.ts';
import type { Participant, Session } from './session.ts';

export interface Selection<Row> {
  /** From the end of the index's order. */
  newestFirst?: boolean;
  limit?: number;
  /** Reads on only while this holds. */
  while?: (row: Row) => boolean;
  where?: (row: Row) => boolean;
}

/** What is committed, without a transaction. To be read at once: a commit changes what an iterable gives next. */
export interface CommittedRows<Row, Index extends string> {
  get(id: string): Row | undefined;
  all(): Iterable<Row>;
  having(index: Index, key: string): Iterable<Row>;
  count(index: Index, key: string): number;
}

export interface Rows<Row, Index extends string = never> extends Participant {
  get(session: Session, id: string): Row | undefined;
  /** The rows that the statement sees under `key`, in the order of the index. */
  select(session: Session, index: Index, key: string, selection?: Selection<Row>): Row[];
  count(session: Session, index: Index, key: string): number;
  /** The keys under which the statement may see a row. */
  keys(session: Session, index: Index): Iterable<string>;
  /** The caller holds the row's lock, or made the id. */
  put(session: Session, id: string, row: Row): void;
  remove(session: Session, id: string): void;
  /** As a database's sequence: never rolled back. Only a restored one gives a number again. */
  nextNumber(): number;
  /** Removes committed rows that no open transaction has written. Gives how many. */
  drop(which: (row: Row) => boolean): number;
  readonly committed: CommittedRows<Row, Index>;
}

export function createRows<Row, Index extends string = never>(
  specs: Record<Index, IndexSpec<Row>>,
): Rows<Row, Index> {
  let committed = new Map<string, Entry<Row>>();
  let lastNumber = 0;
  const written = new Map<Session, OwnRows<Row>>();
  const indexes = new Map(
    Object.entries<IndexSpec<Row>>(specs).map(([name, spec]) => [name, new RowIndex(spec)]),
  );
  const all = [...indexes.values()];
  const indexNamed = (name: Index): RowIndex<Row> => {
    const index = indexes.get(name);
    assert(index !== undefined, `there is an index ${name}`);
    return index;
  };
  const write = (session: Session, id: string, row: Row | undefined): void => {
    const own = written.get(session) ?? new Map<string, Row | undefined>();
    written.set(session, own.set(id, row));
  };
  const rebuild = (): void => {
    for (const index of all) index.rebuild(committed.values());
  };

  return {
    get(session, id) {
      const own = written.get(session);
      return own?.has(id) ? own.get(id) : committed.get(id)?.row;
    },
    select(session, name, key, selection = {}) {
      const index = indexNamed(name);
      const { newestFirst = false } = selection;
      const own = written.get(session);
      const seen =
        own === undefined ? rowsOf(index.bucket(key), newestFirst) : overlaid(index, key, own, newestFirst);
      return chosen(seen, selection);
    },
    count: (session, name, key) => counted(indexNamed(name), key, written.get(session), committed),
    keys: (session, name) => keysSeen(indexNamed(name), written.get(session)),
    put: write,
    remove: (session, id) => write(session, id, undefined),
    commit(session) {
      for (const [id, row] of written.get(session) ?? []) {
        const old = committed.get(id);
        const fresh = row && { id, row };
        if (fresh === undefined) committed.delete(id);
        else committed.set(id, fresh);
        for (const index of all) index.replace(old, fresh);
      }
      written.delete(session);
    },
    rollback: (session) => void written.delete(session),
    nextNumber() {
      lastNumber += 1;
      return lastNumber;
    },
    drop(which) {
      const isFree = (id: string): boolean => ![...written.values()].some((own) => own.has(id));
      const gone = [...committed.values()].filter(({ id, row }) => which(row) && isFree(id));
      for (const { id } of gone) committed.delete(id);
      if (gone.length > 0) rebuild();
      return gone.length;
    },
    snapshot() {
      const [kept, number] = [new Map(committed), lastNumber];
      return () => {
        committed = new Map(kept);
        lastNumber = number;
        rebuild();
      };
    },
    committed: {
      get: (id) => committed.get(id)?.row,
      *all() {
        for (const { row } of committed.values()) yield row;
      },
      having: (name, key) => rowsOf(indexNamed(name).bucket(key), false),
      count: (name, key) => indexNamed(name).bucket(key).length,
    },
  };
}

/** What one transaction has written; undefined is a row that it has removed. */
type OwnRows<Row> = Map<string, Row | undefined>;

function counted<Row>(
  index: RowIndex<Row>,
  key: string,
  own: OwnRows<Row> | undefined,
  committed: ReadonlyMap<string, Entry<Row>>,
): number {
  const { keyOf } = index.spec;
  let count = index.bucket(key).length;
  for (const [id, row] of own ?? []) {
    const old = committed.get(id);
    if (old !== undefined && keyOf(old.row) === key) count -= 1;
    if (row !== undefined && keyOf(row) === key) count += 1;
  }
  return count;
}

function keysSeen<Row>(index: RowIndex<Row>, own: OwnRows<Row> | undefined): Set<string> {
  const keys = [...(own?.values() ?? [])].map((row) =>
    row === undefined ? undefined : index.spec.keyOf(row),
  );
  return new Set([...index.keys(), ...keys.filter((key) => key !== undefined)]);
}

function* rowsOf<Row>(entries: readonly Entry<Row>[], newestFirst: boolean): Generator<Row> {
  for (const { row } of inOrder(entries, newestFirst)) yield row;
}

function* inOrder<T>(sorted: readonly T[], newestFirst: boolean): Generator<T> {
  const step = newestFirst ? -1 : 1;
  for (let i = newestFirst ? sorted.length - 1 : 0; i >= 0 && i < sorted.length; i += step) {
    const one = sorted[i];
    if (one !== undefined) yield one;
  }
}

/** The committed rows of one key, but for those that the transaction has written: those as it wrote them. */
function* overlaid<Row>(
  index: RowIndex<Row>,
  key: string,
  own: OwnRows<Row>,
  newestFirst: boolean,
): Generator<Row> {
  const { keyOf, order } = index.spec;
  const sign = newestFirst ? -1 : 1;
  const mine: Row[] = [];
  for (const row of own.values()) if (row !== undefined && keyOf(row) === key) mine.push(row);
  mine.sort((left, right) => sign * order(left, right));
  let next = 0;
  for (const { id, row } of inOrder(index.bucket(key), newestFirst)) {
    if (own.has(id)) continue;
    for (; next < mine.length; next += 1) {
      const before = mine[next];
      if (before === undefined || sign * order(before, row) > 0) break;
      yield before;
    }
    yield row;
  }
  yield* mine.slice(next);
}

function chosen<Row>(rows: Iterable<Row>, selection: Selection<Row>): Row[] {
  const { limit = Number.POSITIVE_INFINITY, where, while: goesOn } = selection;
  const found: Row[] = [];
  if (limit <= 0) return found;
  for (const row of rows) {
    if (goesOn?.(row) === false) break;
    if (where?.(row) === false) continue;
    found.push(row);
    if (found.length >= limit) break;
  }
  return found;
}
