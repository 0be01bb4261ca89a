// Where a test or the swarm puts its hand in. Every fault is a function that is asked at the moment, so that it can count,
// draw from a seed, or be swapped while the simulation runs.

import type { Runner } from './state.ts';
import type { Delivery } from './webhook.ts';

/**
 * `lost`: GitHub records a failed attempt. `lost-unseen`: GitHub believes that it arrived. `never-sent`: GitHub has no
 * record of it at all.
 */
export type DeliveryFault =
  | { kind: 'deliver' }
  | { kind: 'lost' }
  | { kind: 'lost-unseen' }
  | { kind: 'never-sent' }
  | { kind: 'double'; afterMs: number }
  | { kind: 'delay'; ms: number };

/** `lost-answer`: the call has its effect and the caller never hears of it. */
export type CallFault =
  | { kind: 'none' }
  | { kind: 'refused'; status: number }
  | { kind: 'lost-answer' }
  | { kind: 'delay'; ms: number };

export interface Faults {
  /** Asked once for each new delivery; not for redeliveries that somebody asked for. */
  delivery: (delivery: Delivery) => DeliveryFault;
  /** Asked for each REST call; `operation` is method and route template, such as `GET /app`. */
  call: (operation: string) => CallFault;
  /** Whether the runner list shows this busy runner as idle; besides the belief `busyShownIdle`. */
  shownIdle: (runner: Runner) => boolean;
}

export const noFaults = (): Faults => ({
  delivery: () => ({ kind: 'deliver' }),
  call: () => ({ kind: 'none' }),
  shownIdle: () => false,
});
