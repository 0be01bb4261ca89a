import type { HostId } from '../../domain/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { Store } from '../../ports/store.ts';

/** What the handlers of our API touch of the world. */
export interface RequestDeps {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  /** Asks a host over its link for the last lines of a VM's log; `refused` says why they cannot be had. */
  readLog: (host: HostId, vm: string, lines: number) => Promise<readonly string[] | { refused: string }>;
}
