// Lets the simulation stop, fail or reorder at each call of the store: before its effect and after it.

import type { Store, Transaction } from '../../ports/store.ts';

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
    await points.before(call);
    const result = await work();
    await points.after(call);
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
    epoch: () => around('epoch', () => store.epoch()),
    close: () => store.close(),
  };
}

type Around = <T>(call: string, work: () => Promise<T>) => Promise<T>;

function watched(tx: Transaction, around: Around): Transaction {
  return {
    deliveries: watchedTable('deliveries', tx.deliveries, around),
    jobs: watchedTable('jobs', tx.jobs, around),
    vms: watchedTable('vms', tx.vms, around),
    hosts: watchedTable('hosts', tx.hosts, around),
    tasks: watchedTable('tasks', tx.tasks, around),
    history: watchedTable('history', tx.history, around),
    sealed: watchedTable('sealed', tx.sealed, around),
    budget: watchedTable('budget', tx.budget, around),
    enrolments: watchedTable('enrolments', tx.enrolments, around),
    repairs: watchedTable('repairs', tx.repairs, around),
    loops: watchedTable('loops', tx.loops, around),
    lock: (name) => around('lock', () => tx.lock(name)),
    wake: (channel) => tx.wake(channel),
  };
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
