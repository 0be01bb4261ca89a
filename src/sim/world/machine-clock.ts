import type { DurationMs, Instant } from '../../domain/time.ts';
import { after } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';

/** A machine's own clock: the world's, and off by `errorMs`, which may jump. Sleeping is not affected, as on a real one. */
export function machineClock(clock: Clock, errorMs: () => DurationMs): Clock {
  return {
    now: (): Instant => after(clock.now(), errorMs()),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}
