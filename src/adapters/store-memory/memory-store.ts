// The store of the simulation. It keeps nothing, but shows what PostgreSQL would show to several processes at READ
// COMMITTED: lost updates, write skew and phantoms for whoever takes no lock, waiting and deadlocks for whoever does. Only
// promises drive it, so the same calls in the same order give the same result.

import {
  StaleWriteError,
  type Store,
  StoreUnavailableError,
  type Transaction,
  type WakeChannel,
} from '../../ports/store.ts';
import { createDeliveryTable } from './delivery-table.ts';
import { createHostTable } from './host-table.ts';
import { createJobTable } from './job-table.ts';
import { createLocks, DeadlockError } from './locks.ts';
import { createLoopTable, createRepairTable } from './repair-tables.ts';
import { createSession, never, type Session } from './session.ts';
import {
  createBudgetTable,
  createEnrolmentTable,
  createHistoryTable,
  createSealedTable,
} from './small-tables.ts';
import { createTaskTable } from './task-table.ts';
import { createVmTable } from './vm-table.ts';

/** How often a transaction is tried in all. */
const tries = 10;

/** The data; each process of the control plane has a connection of its own. */
export interface MemoryDatabase {
  connect(): MemoryStore;
}

export interface MemoryStore extends Store {
  /**
   * The process dies: its open transactions are rolled back and their locks freed, nothing that it waits for ever settles,
   * and its listeners hear nothing more.
   */
  crash(): void;
}

export function createMemoryDatabase(options: { epoch?: string } = {}): MemoryDatabase {
  const data = createData();
  const listeners = new Set<Listener>();
  const epoch = options.epoch ?? 'memory';
  return { connect: () => connect(data, listeners, epoch) };
}

/** A database of its own with one connection. */
export function openMemoryStore(options: { epoch?: string } = {}): MemoryStore {
  return createMemoryDatabase(options).connect();
}

interface Listener {
  channel: WakeChannel;
  listener: () => void;
}

type Data = ReturnType<typeof createData>;

function createData() {
  const tables = {
    deliveries: createDeliveryTable(),
    jobs: createJobTable(),
    vms: createVmTable(),
    hosts: createHostTable(),
    tasks: createTaskTable(),
    history: createHistoryTable(),
    sealed: createSealedTable(),
    budget: createBudgetTable(),
    enrolments: createEnrolmentTable(),
    repairs: createRepairTable(),
    loops: createLoopTable(),
  };
  const participants = Object.values(tables).map((table) => table.participant);
  return { tables, participants, locks: createLocks() };
}

function connect(
  { tables, participants, locks }: Data,
  listeners: Set<Listener>,
  epoch: string,
): MemoryStore {
  let state: 'open' | 'closed' | 'dead' = 'open';
  const open = new Set<Session>();
  const own = new Set<Listener>();
  const isDead = (): boolean => state === 'dead';

  /** One try. */
  const attempt = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    if (state === 'closed') throw new StoreUnavailableError('the store is closed');
    if (isDead()) return never();
    const session = createSession(locks, participants);
    open.add(session);
    try {
      const result = await work(session);
      await session.commit();
      wakeAll(listeners, session.wakes);
      return result;
    } catch (error) {
      session.rollback();
      throw isDead() ? await never() : error;
    } finally {
      open.delete(session);
    }
  };

  return {
    async transaction(work) {
      for (let tried = 1; ; tried += 1) {
        try {
          return await attempt((session) => work(transactionOf(tables, session)));
        } catch (error) {
          const again = error instanceof StaleWriteError || error instanceof DeadlockError;
          if (!again || tried >= tries) throw error;
        }
      }
    },
    keepDelivery: (delivery) =>
      attempt(async (session) => {
        const outcome = await tables.deliveries.keep(session, delivery);
        if (outcome === 'stored') session.wakes.add('deliveries');
        return outcome;
      }),
    onWake(channel, listener) {
      const entry = { channel, listener };
      own.add(entry);
      listeners.add(entry);
      return { stop: () => void listeners.delete(entry) };
    },
    async epoch() {
      return isDead() ? never() : epoch;
    },
    async close() {
      if (state === 'open') state = 'closed';
      for (const entry of own) listeners.delete(entry);
    },
    crash() {
      state = 'dead';
      for (const session of open) session.die();
      for (const entry of own) listeners.delete(entry);
    },
  };
}

function transactionOf(tables: Data['tables'], session: Session): Transaction {
  return {
    deliveries: tables.deliveries.in(session),
    jobs: tables.jobs.in(session),
    vms: tables.vms.in(session),
    hosts: tables.hosts.in(session),
    tasks: tables.tasks.in(session),
    history: tables.history.in(session),
    sealed: tables.sealed.in(session),
    budget: tables.budget.in(session),
    enrolments: tables.enrolments.in(session),
    repairs: tables.repairs.in(session),
    loops: tables.loops.in(session),
    lock: (name) => session.statement(() => session.lock(`name ${name}`)),
    wake: (channel) => void session.wakes.add(channel),
  };
}

function wakeAll(listeners: ReadonlySet<Listener>, channels: ReadonlySet<WakeChannel>): void {
  for (const entry of listeners) {
    if (!channels.has(entry.channel)) continue;
    // In a turn of its own, as news from a database: a listener never runs inside somebody else's call.
    queueMicrotask(() => {
      if (listeners.has(entry)) entry.listener();
    });
  }
}
