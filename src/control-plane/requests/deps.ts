import type { HostId } from '../../domain/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { OwnLog } from '../../ports/own-log.ts';
import type { Random } from '../../ports/random.ts';
import type { Store } from '../../ports/store.ts';
import type { WantedLines } from '../agent-link/agent-requests.ts';
import type { Deps } from '../deps.ts';
import type { RepairReport } from '../repair/now.ts';
import type { Settings } from '../settings.ts';

/** What the handlers of our API touch of the world. */
export interface RequestDeps {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  alerts?: Deps['alerts'];
  settings: Pick<Settings, 'timing' | 'image' | 'capacity'>;
  /** Asks a host over its link for the last lines of a VM's log; `refused` says why they cannot be had. */
  readLog: (
    host: HostId,
    vm: string,
    wanted: WantedLines,
  ) => Promise<readonly string[] | { refused: string }>;
  /** Asks a host over its link for the last lines of its agent's own log. */
  readAgentLog: (host: HostId, wanted: WantedLines) => Promise<readonly string[] | { refused: string }>;
  /** Has a host's agent, or with `reboot` its whole machine, started anew. */
  restartAgent: (host: HostId, how: { reboot: boolean }) => Promise<'restarting' | { refused: string }>;
  /** What this process has logged lately; absent where nobody remembers it. */
  ownLog?: OwnLog | undefined;
  /** Runs every repair loop once, now; for one lower-cased account or for all. */
  repair: (options: { owner?: string }) => Promise<RepairReport>;
}
