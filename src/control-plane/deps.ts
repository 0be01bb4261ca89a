import type { Clock } from '../ports/clock.ts';
import type { GitHub } from '../ports/github.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { Store } from '../ports/store.ts';
import type { Settings } from './settings.ts';

/** All that the control plane touches of the world. */
export interface Deps {
  store: Store;
  github: GitHub;
  sealer: Sealer;
  clock: Clock;
  random: Random;
  log: Log;
  settings: Settings;
}
