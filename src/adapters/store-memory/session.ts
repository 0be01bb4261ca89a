// One transaction. Its statements run one after the other, each in one go once it has its locks; so what others commit
// becomes visible between two statements, which is what READ COMMITTED means.

import { assert } from '../../domain/bug.ts';
import type { WakeChannel } from '../../ports/store.ts';
import { DeadlockError, type LockOwner, type Locks } from './locks.ts';

/** A table's part in the end of a transaction. */
export interface Participant {
  commit(session: Session): void;
  rollback(session: Session): void;
}

export interface Session extends LockOwner {
  readonly wakes: Set<WakeChannel>;
  /** Runs `work` after the statements before it. Never settles once the process that asked is dead. */
  statement<T>(work: () => T | Promise<T>): Promise<T>;
  lock(key: string): Promise<void>;
  tryLock(key: string): boolean;
  commit(): Promise<void>;
  rollback(): void;
  /** Its process died: rolled back, and nothing that it waits for ever comes. */
  die(): void;
}

/** What a dead process sees of its own calls. */
export const never = (): Promise<never> => new Promise(() => {});

export function createSession(locks: Locks, participants: readonly Participant[]): Session {
  let state: 'open' | 'ended' | 'dead' = 'open';
  // As in PostgreSQL, a statement that failed in a deadlock ends the transaction, even if its caller catches the error.
  let doomed: DeadlockError | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const end = (how: 'commit' | 'rollback', next: 'ended' | 'dead'): void => {
    if (state !== 'open') return;
    state = next;
    for (const participant of participants) participant[how](session);
    locks.releaseAll(session);
  };

  const inTurn = async <T>(turn: Promise<unknown>, work: () => T | Promise<T>): Promise<T> => {
    await turn;
    if (state === 'dead') return never();
    assert(state === 'open', 'a statement came after the end of its transaction');
    if (doomed !== undefined) throw doomed;
    try {
      const result = await work();
      // It may have died while it waited for a lock.
      return isDead() ? never() : result;
    } catch (error) {
      if (error instanceof DeadlockError) doomed = error;
      throw error;
    }
  };
  const isDead = (): boolean => state === 'dead';

  const session: Session = {
    held: new Set(),
    waitsFor: undefined,
    wakes: new Set(),
    statement(work) {
      const result = inTurn(last, work);
      last = result.catch(() => undefined);
      return result;
    },
    lock: (key) => locks.acquire(session, key),
    tryLock: (key) => locks.tryAcquire(session, key),
    commit: () => session.statement(() => end('commit', 'ended')),
    rollback: () => end('rollback', 'ended'),
    die: () => end('rollback', 'dead'),
  };
  return session;
}
