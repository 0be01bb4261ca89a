// Things that happen later, on the clock that was handed in. One outstanding sleep for each timer, all ended by `stop`.

import type { Clock } from '../../ports/clock.ts';

export interface Timers {
  /** Calls `action` after `ms` unless the returned function is called before. */
  after(ms: number, action: () => void): () => void;
  stop(): void;
}

/** What must happen to a job or a runner in time, by name; setting a deadline again replaces it. */
export type Deadlines = Map<string, () => void>;

export function timersOn(clock: Clock): Timers {
  const running = new Set<AbortController>();
  return {
    after(ms, action) {
      const abort = new AbortController();
      running.add(abort);
      const elapsed = clock.sleep(ms, abort.signal).then(
        () => true,
        (reason: unknown) => {
          if (abort.signal.aborted) return false;
          throw reason;
        },
      );
      void elapsed.then((due) => {
        running.delete(abort);
        if (due && !abort.signal.aborted) action();
      });
      return () => abort.abort();
    },
    stop() {
      for (const abort of running) abort.abort();
    },
  };
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
