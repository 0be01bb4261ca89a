// Rows as a database would give them back: JSON, in which nothing is `undefined`, and which nobody can change. A row is
// mostly made from an older one, so what is frozen was kept before and is shared instead of copied: only this adapter
// freezes anything.

import { assert } from '../../domain/bug.ts';

/** A copy of `row`, which must be JSON: anything else would come back from a database as something else. */
export function frozenCopy<T>(row: T): T {
  if (typeof row !== 'object' || row === null || Object.isFrozen(row)) return row;
  if (Array.isArray(row)) {
    // An array has no type but that of what is in it.
    return Object.freeze(row.map(frozenCopy)) as T;
  }
  const prototype: unknown = Object.getPrototypeOf(row);
  assert(prototype === Object.prototype || prototype === null, 'what is stored is JSON');
  const copy = { ...row };
  let hasUndefined = false;
  for (const key in copy) {
    const inner = copy[key];
    if (inner === undefined) hasUndefined = true;
    else if (typeof inner === 'object' && inner !== null) copy[key] = frozenCopy(inner);
  }
  return Object.freeze(hasUndefined ? withoutUndefined(copy) : copy);
}

function withoutUndefined<T extends object>(copy: T): T {
  for (const key in copy) if (copy[key] === undefined) delete copy[key];
  return copy;
}
