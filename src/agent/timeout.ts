import type { DurationMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import { notWaitedFor } from './rest.ts';

/** The value of `work`, or an error that names `what` after `ms`. The work itself goes on: it must bear being done again. */
export async function withTimeout<T>(
  clock: Clock,
  ms: DurationMs,
  what: string,
  work: Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(ms, done.signal).then(
    () => Promise.reject(new Error(`${what} took longer than ${Math.round(ms / 1000)} s`)),
    // Aborted: the work was done in time, and nobody looks at this any more.
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort(notWaitedFor);
  }
}
