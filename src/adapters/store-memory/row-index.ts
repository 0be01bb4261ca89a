// One index over the committed rows of a table: for each key the rows that have it, in the order of the index. Rows are
// mostly written in that order, so that a sorted array, which gives both ends and all between, is cheap to keep.

import { assert } from '../../domain/bug.ts';

/** One committed state of a row. A write makes another. */
export interface Entry<Row> {
  readonly id: string;
  readonly row: Row;
}

export interface IndexSpec<Row> {
  /** Undefined: the row is not in this index. */
  keyOf: (row: Row) => string | undefined;
  /** Total: no two rows of the table are equal in it. */
  order: (left: Row, right: Row) => number;
}

export class RowIndex<Row> {
  readonly spec: IndexSpec<Row>;
  readonly #buckets = new Map<string, Entry<Row>[]>();

  constructor(spec: IndexSpec<Row>) {
    this.spec = spec;
  }

  bucket(key: string): readonly Entry<Row>[] {
    return this.#buckets.get(key) ?? [];
  }

  /** The keys that some row has. */
  keys(): Iterable<string> {
    return this.#buckets.keys();
  }

  replace(old: Entry<Row> | undefined, fresh: Entry<Row> | undefined): void {
    const { keyOf, order } = this.spec;
    const oldKey = old && keyOf(old.row);
    const freshKey = fresh && keyOf(fresh.row);
    if (old !== undefined && oldKey !== undefined) {
      const bucket = this.#buckets.get(oldKey) ?? [];
      const place = this.#placeOf(bucket, old.row);
      assert(bucket[place] === old, 'each committed row is where its index looks for it');
      if (fresh !== undefined && freshKey === oldKey && order(old.row, fresh.row) === 0) {
        bucket[place] = fresh;
        return;
      }
      bucket.splice(place, 1);
      if (bucket.length === 0) this.#buckets.delete(oldKey);
    }
    if (fresh !== undefined && freshKey !== undefined) this.#insert(freshKey, fresh);
  }

  /** Starts again from these rows. */
  rebuild(entries: Iterable<Entry<Row>>): void {
    this.#buckets.clear();
    const { keyOf, order } = this.spec;
    for (const entry of entries) {
      const key = keyOf(entry.row);
      if (key === undefined) continue;
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) this.#buckets.set(key, [entry]);
      else bucket.push(entry);
    }
    for (const bucket of this.#buckets.values()) bucket.sort((left, right) => order(left.row, right.row));
  }

  #insert(key: string, entry: Entry<Row>): void {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      this.#buckets.set(key, [entry]);
      return;
    }
    const last = bucket.at(-1);
    if (last !== undefined && this.spec.order(last.row, entry.row) < 0) bucket.push(entry);
    else bucket.splice(this.#placeOf(bucket, entry.row), 0, entry);
  }

  /** Of the first that does not come before `row`. */
  #placeOf(bucket: readonly Entry<Row>[], row: Row): number {
    let [low, high] = [0, bucket.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = bucket[middle];
      if (there !== undefined && this.spec.order(there.row, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
