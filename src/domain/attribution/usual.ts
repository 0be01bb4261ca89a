// What is usual of one stream, and how much one more value speaks for a change of it. The weight of a value is a tilt of its
// distance from the middle, less an offset for which the usual itself was asked: over what was seen so far, the mean of the
// exponential is 1. So, whatever the tail of the distribution, calm days rarely add up to an incident.

import { type Histogram, middleOf, quantile } from './histogram.ts';
import type { Rules } from './rules.ts';

export type Change = 'factor' | 'share';

export interface Usual {
  /** The middle, and the robust half of the middle two thirds; logarithms. */
  readonly centre: number;
  readonly scale: number;
  readonly tilt: number;
  readonly offset: number;
}

const tilts = [2.5, 2, 1.5, 1.1, 0.8, 0.55, 0.35] as const;
const leastScale = 0.1;
/** Distances are cut here, so that one job alone never decides. */
const farthest = 3;

const distance = (x: number, centre: number, scale: number): number =>
  Math.max(-farthest, Math.min(farthest, (x - centre) / scale));

/**
 * @param histogram of which something was seen.
 * @param change what is looked for: that all takes longer by a factor, or that a share of it is far out, wherever the rest is.
 */
export function usualOf(
  histogram: Histogram,
  { effect, troubledShare }: Rules,
  change: Change = 'factor',
): Usual {
  const centre = quantile(histogram, 0.5);
  // What is far out anyway is above the middle, and must not make the scale so wide that it is near.
  const width =
    change === 'share'
      ? centre - quantile(histogram, 0.16)
      : (quantile(histogram, 0.84) - quantile(histogram, 0.16)) / 2;
  const scale = Math.max(leastScale, width);
  const shift = Math.log(effect);
  const tried = tilts.map((tilt) => {
    const offset = offsetOf(histogram, centre, scale, tilt);
    const changed =
      change === 'factor'
        ? mean(histogram, (x) => distance(x + shift, centre, scale))
        : mean(histogram, (x) => distance(x, centre, scale)) * (1 - troubledShare) + farthest * troubledShare;
    return { usual: { centre, scale, tilt, offset }, growth: tilt * changed - offset };
  });
  return tried.reduce((best, one) => (one.growth > best.growth ? one : best)).usual;
}

/** How much a value speaks for a rise, as a logarithm; below zero against it. */
export const weightOf = (x: number, { centre, scale, tilt, offset }: Usual): number =>
  tilt * distance(x, centre, scale) - offset;

/** One value more than was seen, far out, stands for what was not seen yet. */
function offsetOf(histogram: Histogram, centre: number, scale: number, tilt: number): number {
  const seen = mean(histogram, (x) => Math.exp(tilt * distance(x, centre, scale)));
  const share = 1 / (histogram.weight + 1);
  return Math.max(Math.log((1 - share) * seen + share * Math.exp(tilt * farthest)), (tilt * tilt) / 2);
}

const mean = ({ bins, weight }: Histogram, of: (x: number) => number): number =>
  bins.reduce((sum, [bin, own]) => sum + own * of(middleOf(bin)), 0) / weight;
