import type { DurationMs, Instant } from '../domain/time.ts';

/**
 * The only source of time. The simulator has a virtual one, so nothing in the product may call `Date.now()` or
 * `setTimeout`, and no SQL may say `now()`.
 */
export interface Clock {
  now(): Instant;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: DurationMs, signal?: AbortSignal): Promise<void>;
}
