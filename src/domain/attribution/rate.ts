// The usual share of failures, and how much one more outcome speaks for a rise of it.

import type { Histogram } from './histogram.ts';
import type { Rules } from './rules.ts';

export interface Rate {
  readonly rate: number;
  readonly raised: number;
}

/** Nothing fails never: fewer would make two failures in a month an incident. */
const least = 0.01;
/** No failure alone counts for more. */
const mostGain = 2.5;

export function rateOf({ bins, weight }: Histogram, { failureRise }: Rules): Rate {
  const failures = bins.reduce((sum, [bin, own]) => (bin === 0 ? sum : sum + own), 0);
  const rate = Math.min(0.9, Math.max(least, (failures + 0.5) / (weight + 1)));
  return { rate, raised: Math.min(0.97, Math.max(rate + failureRise, Math.min(0.5, rate * 2))) };
}

export const weightOfOutcome = (failed: boolean, { rate, raised }: Rate): number =>
  failed ? Math.min(mostGain, Math.log(raised / rate)) : Math.log((1 - raised) / (1 - rate));
