// The store of the simulation. It keeps nothing, but shows what PostgreSQL would show to several processes at READ
// COMMITTED: lost updates, write skew and phantoms for whoever takes no lock, waiting and deadlocks for whoever does. Only
// promises drive it, so the same calls in the same order give the same result.

import type { Instant } from '../../domain/time.ts';
import { StoreUnavailableError } from '../../ports/store.ts';
import { connect, type MemoryStore, type Shared } from './connection.ts';
import { createLocks } from './locks.ts';
import { type Peek, peekAt } from './peek.ts';
import { type Dropped, retain } from './retention.ts';
import { createTables } from './tables.ts';

export type { MemoryStore } from './connection.ts';

/** The data; each process of the control plane has a connection of its own. */
export interface MemoryDatabase {
  connect(): MemoryStore;
  /** A backup of all that is committed now. */
  snapshot(): MemorySnapshot;
  /**
   * Reads a backup in, as often as you like. Open transactions fail with StoreUnavailableError; connections go on. As
   * after PostgreSQL's own, sequences stand where they stood, so that ids come again that were given since. The epoch is
   * that of the backup, unless `epoch` makes a new life of it.
   */
  restore(snapshot: MemorySnapshot, options?: { epoch?: string }): void;
  /** While true every call fails with StoreUnavailableError. Setting it fails the open transactions. */
  down: boolean;
  /**
   * Forgets whole days of deliveries and months of history that ended before these times, and repairs as old as the
   * history; days with unread deliveries stay.
   */
  retain(before: { deliveries: Instant; history: Instant }): Dropped;
  /** What is committed, at once and without a transaction, for those who watch and never write. */
  peek(): Peek;
}

export interface MemorySnapshot {
  readonly epoch: string;
  /** One for each table. */
  readonly restores: readonly (() => void)[];
}

export function createMemoryDatabase(options: { epoch?: string } = {}): MemoryDatabase {
  const tables = createTables();
  const shared: Shared = {
    tables,
    locks: createLocks(),
    listeners: new Set(),
    changeListeners: new Set(),
    sessions: new Set(),
    epoch: options.epoch ?? 'memory',
    down: false,
  };
  const breakAll = (reason: string): void => {
    for (const session of shared.sessions) session.break(new StoreUnavailableError(reason));
  };
  return {
    connect: () => connect(shared),
    snapshot: () => ({
      epoch: shared.epoch,
      restores: Object.values(tables).map(({ participant }) => participant.snapshot()),
    }),
    restore(snapshot, { epoch = snapshot.epoch } = {}) {
      breakAll('the database was restored');
      for (const restore of snapshot.restores) restore();
      shared.epoch = epoch;
    },
    get down() {
      return shared.down;
    },
    set down(down) {
      shared.down = down;
      if (down) breakAll('the database cannot be reached');
    },
    retain: (before) => retain(tables, before),
    peek: () => peekAt(tables),
  };
}

/** A database of its own with one connection. */
export function openMemoryStore(options: { epoch?: string } = {}): MemoryStore {
  return createMemoryDatabase(options).connect();
}
