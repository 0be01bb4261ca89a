// What is not over yet, and takes longer than usual already, speaks for a change now: a slow phase would otherwise be seen
// only when it ends. At each look only what has come to it since the last one counts, and what ends takes it out again, so
// that all jobs that happen to be long are no evidence of a change.

import type { RunId } from '../ids.ts';
import type { Instant } from '../time.ts';
import { type Histogram, middleOf } from './histogram.ts';
import type { Rules } from './rules.ts';
import type { Sample, Weighed } from './sample.ts';
import { addTo, noSpell } from './spell.ts';
import { againstLevel, isPerRun, type Stream } from './stream.ts';
import { type Usual, weightOf } from './usual.ts';

/** A phase that goes on. `ms` is how long it has taken so far, `at` the look. */
export type OpenPhase = Extract<Sample, { kind: 'time' }>;

export interface Pending {
  /** What it adds to the evidence, above zero. */
  readonly gain: number;
  readonly overdue: readonly Weighed[];
  /** Minutes in which they began. */
  readonly minutes: number;
}

/** Undefined when none of them is overdue. The order of `open` does not matter. */
export function pendingOf(stream: Stream, open: readonly OpenPhase[], rules: Rules): Pending | undefined {
  const usual = usualTimeOf(stream);
  if (usual === undefined) return undefined;
  const all = open.flatMap((sample) => pastUsual(stream, sample));
  // Nearly always: the histogram is not read for it.
  if (all.length === 0) return undefined;
  const late = leastLateOfRuns(all.sort((a, b) => a.x - b.x || a.sample.job - b.sample.job));
  const weightOfOpen = openWeights(stream.seen, usual);
  const weighed = late
    .map((value) => ({ value, gain: weightOfOpen(value.x) }))
    .filter(({ gain }) => gain > 0);
  if (weighed.length === 0) return undefined;
  const byMinute = [...Map.groupBy(weighed, ({ value: { sample } }) => beganIn(sample)).values()];
  // Jobs of one burst share their luck, as when they end.
  const gain = byMinute.reduce((sum, ofMinute) => {
    const share = Math.min(1, rules.fullPerMinute / ofMinute.length);
    return sum + share * ofMinute.reduce((all, one) => all + one.gain, 0);
  }, 0);
  return { gain, overdue: weighed.map(({ value }) => value), minutes: byMinute.length };
}

/** Jobs of one run share the commit that they are of: the one that is least late speaks for all. */
function leastLateOfRuns(sorted: readonly Weighed<OpenPhase>[]): readonly Weighed<OpenPhase>[] {
  const runs = new Set<RunId>();
  return sorted.filter(({ sample }) => {
    const isFirst = !runs.has(sample.run);
    runs.add(sample.run);
    return isFirst || !isPerRun(sample);
  });
}

/** Whether `pendingOf` would look at it at all; nearly all that goes on is not late. */
export const isPastUsual = (stream: Stream | undefined, open: OpenPhase): boolean =>
  stream !== undefined && pastUsual(stream, open).length > 0;

function pastUsual(stream: Stream, open: OpenPhase): readonly Weighed<OpenPhase>[] {
  const usual = usualTimeOf(stream);
  if (usual === undefined) return [];
  return againstLevel(stream, open).filter(({ x }) => x > usual.centre);
}

/** Of failures nothing goes on. */
const usualTimeOf = ({ usual }: Stream): Usual | undefined =>
  usual !== undefined && 'centre' in usual ? usual : undefined;

const beganIn = ({ at, ms }: OpenPhase): number => Math.floor((at - ms) / 60_000);

/** The stream as if what is overdue had ended now: what is told of an incident. */
export function withPending(stream: Stream, pending: Pending | undefined, at: Instant): Stream {
  const usual = usualTimeOf(stream);
  if (pending === undefined || usual === undefined) return stream;
  const before = stream.spell ?? noSpell(at);
  const spell = addTo(before, pending.overdue, usual.centre);
  const minutes = before.minutes + pending.minutes;
  return { ...stream, spell: { ...spell, minutes } };
}

/**
 * How much it speaks for a change that something has taken `x` and goes on: the logarithm of the mean of the exponential
 * weight over what usually takes as long or longer. When it ends its own weight takes the place of this.
 */
function openWeights({ bins }: Histogram, usual: Usual): (x: number) => number {
  const above: { middle: number; weight: number; sum: number }[] = [];
  let [weight, sum] = [0, 0];
  for (const [bin, own] of bins.toReversed()) {
    const middle = middleOf(bin);
    weight += own;
    sum += own * Math.exp(weightOf(middle, usual));
    above.push({ middle, weight, sum });
  }
  return (x) => {
    const longer = above.findLast(({ middle }) => middle > x);
    // One more than was seen, as long as this one.
    const own = Math.exp(weightOf(x, usual));
    return Math.log((own + (longer?.sum ?? 0)) / (1 + (longer?.weight ?? 0)));
  };
}
