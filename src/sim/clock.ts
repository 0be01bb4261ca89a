// Time for the simulation: it stands still until somebody moves it, and everything that waits for the same instant wakes
// in the order in which it began to wait. Between two wake-ups every promise settles, so one seed gives one course of events.

import { nextTick } from 'node:process';
import { assert } from '../domain/bug.ts';
import { type DurationMs, type Instant, instantOf } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import { Sleepers } from './sleepers.ts';

/** 2026-01-01T00:00:00Z: late enough for tokens and certificates to make sense. */
export const simulationStart: Instant = instantOf(1_767_225_600_000);

export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #sleepers = new Sleepers();

  readonly #outside: (() => Promise<void>) | undefined;

  /** @param outside resolves when what is not simulated has come to rest too, such as queries to a real database */
  constructor(start: Instant = simulationStart, outside?: () => Promise<void>) {
    this.#now = start;
    this.#outside = outside;
  }

  now(): Instant {
    return instantOf(this.#now);
  }

  /** How many wait for a later instant. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: DurationMs, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal?.aborted) {
      reject(signal.reason);
      return promise;
    }
    const abort = (): void => {
      leave();
      reject(signal?.reason);
    };
    const leave = this.#sleepers.add({
      at: this.#now + Math.max(0, Math.ceil(ms)),
      order: this.#order++,
      wake: () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      },
    });
    signal?.addEventListener('abort', abort, { once: true });
    return promise;
  }

  /** Lets `ms` pass, waking whoever is due on the way. */
  async advance(ms: DurationMs): Promise<void> {
    assert(ms >= 0, 'time runs forward');
    const target = this.#now + ms;
    await this.#rest();
    while ((this.#sleepers.first?.at ?? Number.POSITIVE_INFINITY) <= target) await this.#step();
    this.#now = target;
    await this.#rest();
  }

  /** Moves from wake-up to wake-up until `done` holds; false when it does not within `limitMs` or nothing is left to wake. */
  async runUntil(done: () => boolean, limitMs: DurationMs): Promise<boolean> {
    const limit = this.#now + limitMs;
    await this.#rest();
    while (!done()) {
      const next = this.#sleepers.first;
      if (next === undefined || next.at > limit) return false;
      await this.#step();
    }
    return true;
  }

  /** Moves on until nobody waits any more; false when something still does after `limitMs` (a loop that never ends). */
  async runUntilIdle(limitMs: DurationMs = 24 * 3_600_000): Promise<boolean> {
    return this.runUntil(() => this.#sleepers.size === 0, limitMs);
  }

  async #step(): Promise<void> {
    const next = this.#sleepers.takeFirst();
    assert(next !== undefined, 'somebody sleeps');
    this.#now = Math.max(this.#now, next.at);
    next.wake();
    await this.#rest();
  }

  async #rest(): Promise<void> {
    await settled();
    if (this.#outside !== undefined) await this.#outside();
  }
}

/**
 * Resolves when no promise is left to settle: Node runs a tick only after all microtasks are done. A second tick catches
 * what the first set off.
 */
export async function settled(): Promise<void> {
  await new Promise<void>((resolve) => nextTick(nextTick, resolve));
}
