import { setTimeout as delay } from 'node:timers/promises';
import { type DurationMs, type Instant, instantOf } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';

/** The longest that one timer of Node can be set to: about 25 days. */
const longestTimerMs = 2 ** 31 - 1;

export class SystemClock implements Clock {
  now(): Instant {
    return instantOf(Date.now());
  }

  async sleep(ms: DurationMs, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    try {
      for (let left = ms; left > 0; left -= longestTimerMs) {
        await delay(Math.min(left, longestTimerMs), undefined, signal ? { signal } : {});
      }
    } catch (error) {
      // Node rejects with an error of its own that holds the reason as its cause.
      signal?.throwIfAborted();
      throw error;
    }
  }
}
