// How long the agent waits for what, and how much it keeps. Configuration may change the numbers.

import { type DurationMs, hours, minutes, seconds } from '../domain/time.ts';

export interface AgentLimits {
  /** Between two looks at desired set and host, when nothing happens. */
  reconcileMs: DurationMs;
  /** Between two `observed` messages when nothing changes. */
  observeMs: DurationMs;
  /** A step that fails for an unknown reason is tried so often before the VM is given up. */
  attempts: number;
  /** The pause after the first failure; doubled by each further one. */
  retryMs: DurationMs;
  longestRetryMs: DurationMs;
  /** For a runner whose VM is to be stopped: it tells GitHub that it goes. */
  graceMs: DurationMs;
  /** After the grace, for the guest to power off. */
  powerOffMs: DurationMs;
  /** A VM whose runner has ended is kept so long for the control plane's order, and then stopped. */
  endedMs: DurationMs;
  /** The warning before the hard deadline. */
  warningMs: DurationMs;
  /** A VM with our mark that nobody knows lives so long after it was found. */
  strangerMs: DurationMs;
  /** A VM of the warm pool is replaced after so long. */
  warmMs: DurationMs;
  /** For the guest of a warm VM to answer. */
  warmBootMs: DurationMs;
  /** Names of VMs that are gone are kept so long after the control plane has dropped them. */
  goneMs: DurationMs;
}

export const defaultLimits: AgentLimits = {
  reconcileMs: seconds(10),
  observeMs: seconds(5),
  attempts: 3,
  retryMs: 500,
  longestRetryMs: seconds(30),
  graceMs: seconds(30),
  powerOffMs: seconds(15),
  endedMs: minutes(10),
  warningMs: minutes(15),
  strangerMs: hours(6.5),
  warmMs: hours(12),
  warmBootMs: minutes(2),
  goneMs: hours(24),
};

/** The pause before the next try, after `failures` failures in a row (at least 1). */
export const pauseAfter = (failures: number, limits: AgentLimits): DurationMs =>
  Math.min(limits.longestRetryMs, limits.retryMs * 2 ** Math.min(failures - 1, 20));
