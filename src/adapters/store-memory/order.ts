/** Compares by the first of `keys` that differs; texts by code unit, as a database with collation C does. */
export function by<Row>(
  ...keys: readonly ((row: Row) => number | string)[]
): (left: Row, right: Row) => number {
  return (left, right) => {
    for (const key of keys) {
      const a = key(left);
      const b = key(right);
      if (a !== b) return a < b ? -1 : 1;
    }
    return 0;
  };
}

export const newestFirst =
  <Row>(oldestFirst: (left: Row, right: Row) => number) =>
  (left: Row, right: Row): number =>
    oldestFirst(right, left);
