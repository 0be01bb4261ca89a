// How a mutant puts its hand between the product and one of its ports.

import type { Deps } from '../../control-plane/deps.ts';
import type { Transaction } from '../../ports/store.ts';

/** The same port, but for what is in `changes`. */
export function alter<T extends object>(port: T, changes: Partial<T>): T {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(key in changes ? changes : target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The same control plane, but for what its transactions find in these tables. */
export const alterStore =
  (changes: (tx: Transaction, deps: Deps) => Partial<Transaction>) =>
  (deps: Deps): Deps => ({
    ...deps,
    store: alter(deps.store, {
      transaction: (work) => deps.store.transaction((tx) => work({ ...tx, ...changes(tx, deps) })),
    }),
  });
