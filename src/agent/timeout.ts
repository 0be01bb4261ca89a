import type { DurationMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import { notWaitedFor } from './rest.ts';

/**
 * The value of `work`, or an error that names `what` after `ms`. The work is told by its signal that nobody waits for it any
 * more: what it would bring about later, nobody would expect.
 */
export async function withTimeout<T>(
  clock: Clock,
  ms: DurationMs,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const givenUp = new AbortController();
  const late = clock.sleep(ms, done.signal).then(
    () => {
      const error = new Error(`${what} took longer than ${Math.round(ms / 1000)} s`);
      givenUp.abort(error);
      throw error;
    },
    // Aborted: the work was done in time, and nobody looks at this any more.
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([work(givenUp.signal), late]);
  } finally {
    done.abort(notWaitedFor);
  }
}
