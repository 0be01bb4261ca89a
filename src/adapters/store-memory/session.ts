// One transaction. Its statements run one after the other, each in one go once it has its locks; so what others commit
// becomes visible between two statements, which is what READ COMMITTED means.

import { assert } from '../../domain/bug.ts';
import type { Change, WakeChannel } from '../../ports/store.ts';
import { DeadlockError, type LockOwner, type Locks } from './locks.ts';

/** A table's part in the end of a transaction. */
export interface Participant {
  commit(session: Session): void;
  rollback(session: Session): void;
  /** Remembers what is committed; gives the way back to it, which may be gone more than once. */
  snapshot(): () => void;
}

export interface Session extends LockOwner {
  readonly wakes: Set<WakeChannel>;
  /** The rows that it has written, by table and id. */
  readonly changes: Map<string, Change>;
  /** Runs `work` after the statements before it. Never settles once the process that asked is dead. */
  statement<T>(work: () => T | Promise<T>): Promise<T>;
  lock(key: string): Promise<void>;
  tryLock(key: string): boolean;
  commit(): Promise<void>;
  rollback(): void;
  /** Its process died: rolled back, and nothing that it waits for ever comes. */
  die(): void;
  /** Its connection broke: rolled back, and what it waits for, or asks for later, fails with `reason`. */
  break(reason: Error): void;
}

/** What a dead process sees of its own calls. */
export const never = (): Promise<never> => new Promise(() => {});

export function createSession(locks: Locks, participants: readonly Participant[]): Session {
  let state: 'open' | 'ended' | 'dead' | 'broken' = 'open';
  let broken: Error | undefined;
  // As in PostgreSQL, a statement that failed in a deadlock ends the transaction, even if its caller catches the error.
  let doomed: DeadlockError | undefined;
  let last: Promise<unknown> | undefined;
  let underWay = 0;

  const end = (how: 'commit' | 'rollback', next: Exclude<typeof state, 'open'>): void => {
    if (state !== 'open') return;
    state = next;
    for (const participant of participants) participant[how](session);
    locks.releaseAll(session, broken);
  };

  const inTurn = async <T>(before: Promise<unknown> | undefined, work: () => T | Promise<T>): Promise<T> => {
    underWay += 1;
    try {
      await before?.catch(() => undefined);
      if (state === 'dead') return await never();
      if (broken !== undefined) throw broken;
      assert(state === 'open', 'a statement came after the end of its transaction');
      if (doomed !== undefined) throw doomed;
      const result = await work();
      return isDead() ? await never() : result;
    } catch (error) {
      if (error instanceof DeadlockError) doomed = error;
      throw error;
    } finally {
      underWay -= 1;
    }
  };
  const isDead = (): boolean => state === 'dead';

  const session: Session = {
    held: new Set(),
    waitsFor: undefined,
    wakes: new Set(),
    changes: new Map(),
    statement(work) {
      const result = inTurn(underWay === 0 ? undefined : last, work);
      last = result;
      return result;
    },
    async lock(key) {
      if (state === 'open') await locks.acquire(session, key);
      // Whoever was given the lock and ended before he heard of it must not write any more.
      if (broken !== undefined) throw broken;
      if (isDead()) return never();
    },
    tryLock: (key) => locks.tryAcquire(session, key),
    commit: () => session.statement(() => end('commit', 'ended')),
    rollback: () => end('rollback', 'ended'),
    die: () => end('rollback', 'dead'),
    break(reason) {
      if (state !== 'open') return;
      broken = reason;
      end('rollback', 'broken');
    },
  };
  return session;
}
