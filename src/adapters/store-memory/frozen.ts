/**
 * A copy of `row` as a database would give it back: what is not JSON (such as a field that is `undefined`) is not in it,
 * and nobody can change it.
 */
export function frozenCopy<T>(row: T): T {
  const copy: T = JSON.parse(JSON.stringify(row));
  return freeze(copy);
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
