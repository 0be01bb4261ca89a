// Where a loop of the agent rests: until its time has come, somebody wakes it, or the agent stops. A signal made anew for
// each pause, or one joined of two, costs more than the looks between the pauses of an idle host.

import type { DurationMs } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';

/** A reason of our own, since the standard one is an exception with a stack, made each time. */
export const notWaitedFor = 'it is not waited for any more';

export class Rest {
  readonly #clock: Clock;
  readonly #stopping: AbortSignal;
  #isWoken = false;
  #wakeUp: (() => void) | undefined;

  constructor(clock: Clock, stopping: AbortSignal) {
    this.#clock = clock;
    this.#stopping = stopping;
    stopping.addEventListener('abort', this.wake, { once: true });
  }

  /** Ends the pause under way, or the next one if `expectNews` does not come before it. */
  readonly wake = (): void => {
    this.#isWoken = true;
    this.#wakeUp?.();
  };

  /** To be called before a look: who wakes from now on has news that the look may miss. */
  expectNews(): void {
    this.#isWoken = false;
  }

  /** Resolves after `ms`, which may be infinite, with whether it ended before its time. */
  async pause(ms: DurationMs): Promise<boolean> {
    if (this.#isWoken || this.#stopping.aborted) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wakeUp = () => resolve(true);
    const enough = new AbortController();
    const late = (): void => resolve(false);
    if (Number.isFinite(ms)) this.#clock.sleep(ms, enough.signal).then(late, late);
    const wasWoken = await promise;
    this.#wakeUp = undefined;
    if (wasWoken) enough.abort(notWaitedFor);
    return wasWoken;
  }

  /** Nobody rests here any more. */
  close(): void {
    this.#stopping.removeEventListener('abort', this.wake);
  }
}
