// What every rule of the simulated GitHub works on.

import type { Instant } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { Beliefs } from './beliefs.ts';
import type { DeliveryLog } from './delivery-log.ts';
import type { Faults } from './faults.ts';
import type { Identifiers } from './identifiers.ts';
import type { RateLimits } from './rate-limits.ts';
import type { App, State } from './state.ts';
import type { Timers } from './timers.ts';

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly ids: Identifiers;
  readonly beliefs: Beliefs;
  readonly faults: Faults;
  readonly app: App;
  readonly state: State;
  readonly deliveries: DeliveryLog;
  readonly limits: RateLimits;
  /** Where the simulator says that it is found; never ends with a slash. */
  readonly urls: Urls;
  readonly startedAt: Instant;
}

export interface Urls {
  /** The REST API, as in links of its answers. */
  api: string;
  /** The web site, as in `html_url`. */
  html: string;
  /** What runners reach: token, broker, run service and results service lie below it. */
  runner: string;
}
