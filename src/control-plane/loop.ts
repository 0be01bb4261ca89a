// Every loop of the control plane has this shape: do a step, sleep as long as the step says, unless somebody wakes it. A
// step that throws is logged once, with its chain, and tried again after a pause that grows; no loop ever ends by itself.

import { type DurationMs, seconds } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

/** A reason of our own, since the standard one is an exception with a stack, made each time. */
export const notWaitedFor = 'it is not waited for any more';

const longestFailurePauseMs = seconds(30);

export interface Loop {
  /** Look again at once; asked during a step, it means once more after it. */
  wake(): void;
  /** Resolves when the step under way has ended. */
  stop(): Promise<void>;
}

/** @param step does one round and gives the pause until the next; 0 means at once. */
export function startLoop(
  name: string,
  deps: { clock: Clock; log: Log },
  step: () => Promise<DurationMs>,
): Loop {
  let stopped = false;
  let woken = false;
  let sleeper: AbortController | undefined;
  let failures = 0;

  const pause = async (ms: DurationMs): Promise<void> => {
    if (ms <= 0 || woken || stopped) return;
    const controller = new AbortController();
    sleeper = controller;
    await deps.clock.sleep(ms, controller.signal).catch((reason: unknown) => {
      if (!controller.signal.aborted) throw reason;
    });
    sleeper = undefined;
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      woken = false;
      let next: DurationMs;
      try {
        next = await step();
        failures = 0;
      } catch (error) {
        failures += 1;
        next = Math.min(longestFailurePauseMs, seconds(1) * 2 ** Math.min(failures - 1, 5));
        deps.log.error('loop step failed', { loop: name, error, failures, retryInMs: next });
      }
      await pause(next);
    }
  };

  const ended = run();
  return {
    wake() {
      woken = true;
      sleeper?.abort(notWaitedFor);
    },
    async stop() {
      stopped = true;
      sleeper?.abort(notWaitedFor);
      await ended;
    },
  };
}
