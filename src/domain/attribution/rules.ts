// The figures of the rules. They were chosen on simulated weeks of even seeds and judged on those of odd ones
// (docs/attribution.md says how), so change them only together with that page's table.

import { type DurationMs, hours, minutes } from '../time.ts';

export interface Rules {
  /** The smallest change that is looked for, as a factor of the usual. */
  effect: number;
  /** How much the usual must have been seen before anything is judged. */
  leastWeight: number;
  /** What remains of a day's weight a day later. */
  dailyFade: number;
  /** The evidence, as a logarithm of likelihoods, at which an incident opens, and that of calm at which it closes. */
  openAt: number;
  /** The same for what is of everything together: there are few such streams, and so fewer chances to be wrong. */
  openAtForAll: number;
  /** Failures of what has been seen less than `fullWeight` need less, down to `openAtForFew`: it has fewer chances to be wrong. */
  openAtForFew: number;
  fullWeight: number;
  closeAt: number;
  /** Jobs, and minutes in which they were seen, that an incident needs at least. */
  leastJobs: number;
  leastMinutes: number;
  /** Jobs that count in full in one minute: those of one burst share their luck. */
  fullPerMinute: number;
  /** The least change, by the middle of what was seen, that is worth an incident. */
  leastRatio: number;
  /** Nothing was seen for so long: what was wrong is over, as far as anybody can tell. */
  silenceMs: DurationMs;
  /** What lasted for so long is the usual now. */
  adoptedAfterMs: DurationMs;
  /** An incident that comes back so soon is the same one. */
  sameWithinMs: DurationMs;
  /** How long one cause that may explain another is waited for. */
  patienceMs: DurationMs;
  /** The smallest rise of a failure rate that is looked for. */
  failureRise: number;
  /** The share that is looked for of what is all or nothing: of jobs that wait for room, and of runs that fail. */
  troubledShare: number;
}

export const defaultRules: Rules = {
  effect: 1.5,
  leastWeight: 60,
  dailyFade: 0.85,
  openAt: 12,
  openAtForAll: 9,
  openAtForFew: 9,
  fullWeight: 12_000,
  closeAt: 8,
  leastJobs: 4,
  leastMinutes: 2,
  fullPerMinute: 4,
  leastRatio: 1.25,
  silenceMs: hours(3),
  adoptedAfterMs: hours(24),
  sameWithinMs: minutes(45),
  patienceMs: minutes(3),
  failureRise: 0.2,
  troubledShare: 0.5,
};
