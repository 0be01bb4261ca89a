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

/** @param ofRuns whether whole runs are counted: of what is broken most runs fail, for one of their jobs is enough. */
export function rateOf(
  { bins, weight }: Histogram,
  { failureRise, troubledShare }: Rules,
  ofRuns: boolean,
): Rate {
  const failures = bins.reduce((sum, [bin, own]) => (bin === 0 ? sum : sum + own), 0);
  const rate = Math.min(0.9, Math.max(least, (failures + 0.5) / (weight + 1)));
  const looked = ofRuns ? troubledShare : Math.min(0.5, rate * 2);
  return { rate, raised: Math.min(0.97, Math.max(rate + failureRise, looked)) };
}

/** Of what came last, each outcome counts three tenths. */
const ofLast = 0.3;
const mostRaised = 0.9;

/**
 * The rise that is looked for is at least the one that was seen so far. An outcome is weighed by those before it only, so over the
 * usual the mean of the exponential stays 1.
 */
export const raisedBy = (usual: Rate, lately = 0): Rate => ({
  ...usual,
  raised: Math.max(usual.raised, Math.min(mostRaised, lately)),
});

/** The share of failures lately, after some more outcomes, of which nobody knows the order. */
export function latelyFailing(before: number, outcomes: readonly number[]): number {
  if (outcomes.length === 0) return before;
  const kept = (1 - ofLast) ** outcomes.length;
  const share = outcomes.reduce((sum, x) => sum + x, 0) / outcomes.length;
  return kept * before + (1 - kept) * share;
}

export const weightOfOutcome = (failed: boolean, { rate, raised }: Rate): number =>
  failed ? Math.min(mostGain, Math.log(raised / rate)) : Math.log((1 - raised) / (1 - rate));
