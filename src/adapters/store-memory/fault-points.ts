// Lets the simulation stop, fail or reorder at each call of the store: before its effect and after it.

import type { LockName, Store, Transaction } from '../../ports/store.ts';

export interface FaultPoints {
  /**
   * Called with a name such as `jobs.update`, `lock`, `transaction`, `commit` or `keepDelivery`. A rejection takes the
   * place of the call; a promise that never settles is a process that stopped there.
   */
  before(call: string): void | Promise<void>;
  /** Called when the call has had its effect; a rejection hides the result, as a connection that broke would. */
  after(call: string): void | Promise<void>;
}

/** The same store, with `points` around each call; `commit` comes between the last statement and the commit. */
export function withFaultPoints(store: Store, points: FaultPoints): Store {
  const around: Around = async (call, work) => {
    // Whoever does not stop here does not wait here: a wait for nothing still takes a turn, and there are millions.
    const stop = points.before(call);
    if (stop !== undefined) await stop;
    const result = await work();
    const stopAfter = points.after(call);
    if (stopAfter !== undefined) await stopAfter;
    return result;
  };
  return {
    transaction: (work) =>
      around('transaction', () =>
        store.transaction(async (tx) => {
          const result = await work(watched(tx, around));
          await points.before('commit');
          return result;
        }),
      ),
    keepDelivery: (delivery) => around('keepDelivery', () => store.keepDelivery(delivery)),
    onWake: (channel, listener) => store.onWake(channel, listener),
    onChange: (listener) => store.onChange(listener),
    epoch: () => around('epoch', () => store.epoch()),
    close: () => store.close(),
  };
}

type Around = <T>(call: string, work: () => Promise<T>) => Promise<T>;

/** Tables are wrapped as they are asked for: most transactions use two or three. */
function watched(tx: Transaction, around: Around): Transaction {
  return new Proxy(tx, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (key === 'lock') return (name: LockName) => around('lock', () => target.lock(name));
      return typeof member === 'object' && member !== null
        ? watchedTable(String(key), member, around)
        : member;
    },
  });
}

function watchedTable<T extends object>(name: string, table: T, around: Around): T {
  return new Proxy(table, {
    get(target, method) {
      const member: unknown = Reflect.get(target, method);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) =>
        around(`${name}.${String(method)}`, () => Reflect.apply(member, target, args));
    },
  });
}
