// Which rows of the insights deserve a look first. The rule is stated, so that a mark can be argued with: each says which of
// these three it is.

import { minutes } from '../time.ts';
import type { Tally } from './tally.ts';

export const hotSpotKinds = ['share', 'growth', 'failures'] as const;
/**
 * `share`: a fifth of all the time or more, where there are other rows. `growth`: half as much time again as in the period
 * before, and an hour more at least. `failures`: of ten builds or more that ended well or badly, a quarter failed.
 */
export type HotSpot = (typeof hotSpotKinds)[number];

const leastShare = 0.2;
const leastGrowth = 1.5;
const leastGrowthMs = minutes(60);
const leastFailures = 0.25;
const leastBuilds = 10;

export function hotSpotsOf(
  { now, before }: { now: Tally; before: Tally },
  all: { ms: number; rows: number },
): readonly HotSpot[] {
  const judged = now.success + now.failure;
  const found: readonly (readonly [HotSpot, boolean])[] = [
    ['share', all.rows > 1 && now.ms > 0 && now.ms >= leastShare * all.ms],
    ['growth', before.ms > 0 && now.ms >= leastGrowth * before.ms && now.ms - before.ms >= leastGrowthMs],
    ['failures', judged >= leastBuilds && now.failure >= leastFailures * judged],
  ];
  return found.filter(([, is]) => is).map(([kind]) => kind);
}
