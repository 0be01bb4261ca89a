// Things that happen later, on the clock that was handed in. However many they are, one sleep is outstanding: that of the
// next one. Two that are due at the same instant happen in the order in which they were set, and between them every
// promise settles.

import type { Clock } from '../../ports/clock.ts';

export interface Timers {
  /** Calls `action` after `ms` unless the returned function is called before. */
  after(ms: number, action: () => void): () => void;
  stop(): void;
}

/** What must happen to a job or a runner in time, by name; setting a deadline again replaces it. */
export type Deadlines = Map<string, () => void>;

interface Timer {
  at: number;
  /** Decides between equal instants. */
  order: number;
  /** Undefined when it was cancelled. */
  action: (() => void) | undefined;
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Below this many cancelled ones, sweeping them out is not worth it. */
const fewCancelled = 64;

/** A reason of our own, since the standard one is an exception with a stack, made each time. */
const over = 'it is not waited for any more';

export function timersOn(clock: Clock): Timers {
  return new SleepingTimers(clock);
}

class SleepingTimers implements Timers {
  readonly #clock: Clock;
  /** A binary heap: the next one is the first. Cancelled ones stay until they come up or become too many. */
  #heap: Timer[] = [];
  #cancelled = 0;
  #order = 0;
  #sleep: { until: number; abort: AbortController } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(ms: number, action: () => void): () => void {
    const at = this.#clock.now() + Math.max(0, Math.ceil(ms));
    const timer: Timer = { at, order: this.#order++, action };
    this.#push(timer);
    this.#arm();
    return () => {
      if (timer.action === undefined) return;
      timer.action = undefined;
      this.#cancelled += 1;
      this.#sweep();
    };
  }

  stop(): void {
    for (const timer of this.#heap) timer.action = undefined;
    this.#heap = [];
    this.#cancelled = 0;
    this.#arm();
  }

  #sweep(): void {
    const { length } = this.#heap;
    if (this.#cancelled < length && (this.#cancelled < fewCancelled || this.#cancelled < length / 2)) return;
    const left = this.#heap.filter(({ action }) => action !== undefined);
    // A sorted list is a heap.
    this.#heap = left.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#cancelled = 0;
    this.#arm();
  }

  /** Sees to it that somebody wakes no later than the next timer is due, and nobody when there is none. */
  #arm(): void {
    const next = this.#heap[0];
    if (this.#sleep !== undefined && next !== undefined && this.#sleep.until <= next.at) return;
    this.#sleep?.abort.abort(over);
    this.#sleep = undefined;
    if (next === undefined) return;
    const abort = new AbortController();
    this.#sleep = { until: next.at, abort };
    this.#clock.sleep(Math.max(0, next.at - this.#clock.now()), abort.signal).then(
      () => this.#wake(abort),
      (reason: unknown) => {
        if (!abort.signal.aborted) throw reason;
      },
    );
  }

  #wake(abort: AbortController): void {
    if (this.#sleep?.abort !== abort) return;
    this.#sleep = undefined;
    while (this.#heap[0] !== undefined && this.#heap[0].action === undefined) {
      this.#pop();
      this.#cancelled -= 1;
    }
    const next = this.#heap[0];
    const action = next !== undefined && next.at <= this.#clock.now() ? next.action : undefined;
    if (next !== undefined && action !== undefined) {
      this.#pop();
      next.action = undefined;
    }
    this.#arm();
    action?.();
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const above = (index - 1) >>> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(timer, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (left === undefined) break;
      const least = right !== undefined && isBefore(right, left) ? right : left;
      if (least === right) below += 1;
      if (!isBefore(least, last)) break;
      heap[index] = least;
      index = below;
    }
    heap[index] = last;
  }
}

export function setDeadline(
  timers: Timers,
  deadlines: Deadlines,
  name: string,
  ms: number,
  action: () => void,
): void {
  deadlines.get(name)?.();
  const cancel = timers.after(ms, () => {
    deadlines.delete(name);
    action();
  });
  deadlines.set(name, cancel);
}

export function liftDeadlines(deadlines: Deadlines): void {
  for (const cancel of deadlines.values()) cancel();
  deadlines.clear();
}
