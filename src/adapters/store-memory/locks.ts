// Exclusive locks, held until the end of a transaction: of rows, of keys of unique indexes, and of names. Those who wait
// stand in a queue; who would close a circle of waiting is refused, as PostgreSQL refuses one of them (40P01).

export class DeadlockError extends Error {
  override readonly name = 'DeadlockError';
}

/** A transaction, as far as locks know it. */
export interface LockOwner {
  readonly held: Set<string>;
  waitsFor: string | undefined;
}

export interface Locks {
  /** @throws DeadlockError when its holder waits for `owner`, directly or through others. */
  acquire(owner: LockOwner, key: string): Promise<void>;
  /** False when somebody else has it: `skip locked`. */
  tryAcquire(owner: LockOwner, key: string): boolean;
  /** Gives back all, and leaves the queue in which it stands: with `reason`, or without a word. */
  releaseAll(owner: LockOwner, reason?: Error): void;
}

interface Lock {
  holder: LockOwner;
  queue: { owner: LockOwner; granted: () => void; refused: (reason: Error) => void }[];
}

export function createLocks(): Locks {
  const locks = new Map<string, Lock>();

  const give = (owner: LockOwner, key: string): void => {
    locks.set(key, { holder: owner, queue: locks.get(key)?.queue ?? [] });
    owner.held.add(key);
    owner.waitsFor = undefined;
  };

  const tryAcquire = (owner: LockOwner, key: string): boolean => {
    const lock = locks.get(key);
    if (lock !== undefined) return lock.holder === owner;
    give(owner, key);
    return true;
  };

  const wouldDeadlock = (owner: LockOwner, key: string): boolean => {
    let next: string | undefined = key;
    while (next !== undefined) {
      const holder: LockOwner | undefined = locks.get(next)?.holder;
      if (holder === owner) return true;
      next = holder?.waitsFor;
    }
    return false;
  };

  return {
    tryAcquire,
    async acquire(owner, key) {
      if (tryAcquire(owner, key)) return;
      if (wouldDeadlock(owner, key)) throw new DeadlockError(`deadlock over ${key}`);
      owner.waitsFor = key;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      locks.get(key)?.queue.push({ owner, granted: resolve, refused: reject });
      await promise;
    },
    releaseAll(owner, reason) {
      if (owner.waitsFor !== undefined) {
        const lock = locks.get(owner.waitsFor);
        const waiting = lock?.queue.findIndex((waiter) => waiter.owner === owner) ?? -1;
        const [left] = waiting < 0 ? [] : (lock?.queue.splice(waiting, 1) ?? []);
        if (reason !== undefined) left?.refused(reason);
        owner.waitsFor = undefined;
      }
      for (const key of owner.held) {
        const next = locks.get(key)?.queue.shift();
        if (next === undefined) {
          locks.delete(key);
        } else {
          give(next.owner, key);
          next.granted();
        }
      }
      owner.held.clear();
    },
  };
}
