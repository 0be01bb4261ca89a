// One process's connection: it runs transactions, hears wakes, and ends as the process does.

import {
  type Change,
  type LockName,
  StaleWriteError,
  type Store,
  StoreUnavailableError,
  type Transaction,
  type WakeChannel,
} from '../../ports/store.ts';
import { DeadlockError, type Locks } from './locks.ts';
import { metricsOf } from './metric-table.ts';
import { createSession, never, type Session } from './session.ts';
import type { Tables } from './tables.ts';

/** How often a transaction is tried in all. */
const tries = 10;

export interface MemoryStore extends Store {
  /**
   * The process dies: its open transactions are rolled back and their locks freed, nothing that it waits for ever settles,
   * and its listeners hear nothing more.
   */
  crash(): void;
}

/** What all connections share. */
export interface Shared {
  readonly tables: Tables;
  readonly locks: Locks;
  readonly listeners: Set<Listener>;
  readonly changeListeners: Set<ChangeListener>;
  /** The open transactions of all connections. */
  readonly sessions: Set<Session>;
  epoch: string;
  down: boolean;
}

export interface ChangeListener {
  told: (change: Change) => void;
}

export interface Listener {
  channel: WakeChannel;
  listener: () => void;
}

export function connect(shared: Shared): MemoryStore {
  const { tables, locks, listeners, changeListeners, sessions } = shared;
  const participants = Object.values(tables).map((table) => table.participant);
  let state: 'open' | 'closed' | 'dead' = 'open';
  const open = new Set<Session>();
  const { stop: stopListening, ...listening } = listeningTo(shared);
  const isDead = (): boolean => state === 'dead';
  const transactionIn = transactionsOn(shared);

  const reachable = (): void => {
    if (state === 'closed') throw new StoreUnavailableError('the store is closed');
    if (shared.down && !isDead()) throw new StoreUnavailableError('the database cannot be reached');
  };

  /** One try. */
  const attempt = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    reachable();
    if (isDead()) return never();
    const session = createSession(locks, participants);
    open.add(session);
    sessions.add(session);
    try {
      const result = await work(session);
      await session.commit();
      wakeAll(listeners, session.wakes);
      tellAll(changeListeners, session.changes);
      return result;
    } catch (error) {
      session.rollback();
      throw isDead() ? await never() : error;
    } finally {
      open.delete(session);
      sessions.delete(session);
    }
  };

  return {
    async transaction(work) {
      for (let tried = 1; ; tried += 1) {
        try {
          return await attempt((session) => work(transactionIn(session)));
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
    ...listening,
    async epoch() {
      reachable();
      return isDead() ? never() : shared.epoch;
    },
    async close() {
      if (state === 'open') state = 'closed';
      stopListening();
    },
    crash() {
      state = 'dead';
      for (const session of open) session.die();
      stopListening();
    },
  };
}

/** What one connection listens for; it ends with it. */
function listeningTo({ listeners, changeListeners }: Shared): Pick<MemoryStore, 'onWake' | 'onChange'> & {
  stop(): void;
} {
  const own = new Set<Listener>();
  const ownChanges = new Set<ChangeListener>();
  return {
    onWake(channel, listener) {
      const entry = { channel, listener };
      own.add(entry);
      listeners.add(entry);
      return { stop: () => void listeners.delete(entry) };
    },
    onChange(told) {
      const entry = { told };
      ownChanges.add(entry);
      changeListeners.add(entry);
      return { stop: () => void changeListeners.delete(entry) };
    },
    stop() {
      for (const entry of own) listeners.delete(entry);
      for (const entry of ownChanges) changeListeners.delete(entry);
    },
  };
}

/** Tables are made as they are asked for: most transactions use two or three of them. */
function transactionsOn({ tables, locks }: Shared): (session: Session) => Transaction {
  const makers = new Map<string | symbol, (session: Session) => unknown>(
    Object.entries(tables).map(([name, table]) => [name, (session) => table.in(session)]),
  );
  const { jobs, vms } = tables;
  makers.set('metrics', (session) => metricsOf(jobs.participant, vms.participant, session));
  makers.set('lock', (session) => (name: LockName) => session.statement(() => session.lock(`name ${name}`)));
  makers.set('wake', (session) => (channel: WakeChannel) => void session.wakes.add(channel));
  const shape = transactionOf(tables, createSession(locks, []));
  return (session) => {
    const made = new Map<string | symbol, unknown>();
    return new Proxy(shape, {
      get(_shape, key): unknown {
        const known = made.get(key);
        if (known !== undefined) return known;
        const fresh = makers.get(key)?.(session);
        made.set(key, fresh);
        return fresh;
      },
    });
  };
}

/** Whole, so that its parts can be listed and copied. */
function transactionOf(tables: Tables, session: Session): Transaction {
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
    people: tables.people.in(session),
    sessions: tables.sessions.in(session),
    apiTokens: tables.apiTokens.in(session),
    audit: tables.audit.in(session),
    insights: tables.insights.in(session),
    metrics: metricsOf(tables.jobs.participant, tables.vms.participant, session),
    attribution: tables.attribution.in(session),
    vitals: tables.vitals.in(session),
    notices: tables.notices.in(session),
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

function tellAll(listeners: ReadonlySet<ChangeListener>, changes: ReadonlyMap<string, Change>): void {
  for (const entry of listeners) {
    for (const change of changes.values()) {
      queueMicrotask(() => {
        if (listeners.has(entry)) entry.told(change);
      });
    }
  }
}
