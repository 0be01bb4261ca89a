// The store as one server sees it in the simulation: it dies with its process, is away when the weather says so, and what
// it commits to the history is seen by the world.

import { withFaultPoints } from '../../adapters/store-memory/fault-points.ts';
import type { MemoryStore } from '../../adapters/store-memory/memory-store.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import { type Store, StoreUnavailableError, type Transaction } from '../../ports/store.ts';
import type { Lifeline } from '../crash-points.ts';

/** A connection that ends as its process does. */
export type MortalStore = Store & Pick<MemoryStore, 'crash'>;

export interface StoreWatch {
  life: Lifeline;
  isAway: () => boolean;
  /** Asked when the database has committed: whether the connection broke before the process heard of it. */
  isCommitUnheard: () => boolean;
  committed: (lines: readonly HistoryLine[]) => void;
}

export function observedStore(store: Store, { life, isAway, isCommitUnheard, committed }: StoreWatch): Store {
  const awake = (): void => {
    if (isAway()) throw new StoreUnavailableError('the database cannot be reached');
  };
  return withFaultPoints(telling(store, committed), {
    before(call) {
      awake();
      return life.pass(`store.${call}`, 'before');
    },
    after(call) {
      if (commits.has(call) && !life.dead && isCommitUnheard())
        throw new StoreUnavailableError('the connection broke before the database answered');
      return life.pass(`store.${call}`, 'after');
    },
  });
}

const commits: ReadonlySet<string> = new Set(['transaction', 'keepDelivery']);

/** Tells what was committed as soon as it is, whether or not its process hears of it. */
const telling = (store: Store, committed: StoreWatch['committed']): Store => ({
  transaction: async (work) => {
    let lines: HistoryLine[] = [];
    const result = await store.transaction((tx) => {
      // A transaction may be run again from its start: only the lines of the last run count.
      lines = [];
      return work(noting(tx, (more) => lines.push(...more)));
    });
    committed(lines);
    return result;
  },
  keepDelivery: (delivery) => store.keepDelivery(delivery),
  onWake: (channel, listener) => store.onWake(channel, listener),
  onChange: (listener) => store.onChange(listener),
  epoch: () => store.epoch(),
  close: () => store.close(),
});

function noting(tx: Transaction, note: (lines: readonly HistoryLine[]) => void): Transaction {
  const history: Transaction['history'] = {
    of: (subject, limit) => tx.history.of(subject, limit),
    page: (subjects, limit, before) => tx.history.page(subjects, limit, before),
    async append(lines) {
      await tx.history.append(lines);
      note(lines);
    },
  };
  return new Proxy(tx, {
    get: (target, key): unknown => (key === 'history' ? history : Reflect.get(target, key)),
  });
}
