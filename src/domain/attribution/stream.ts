// One stream of samples, folded a minute at a time: what is usual, how much speaks for a change (a CUSUM of likelihoods), and
// once it has alarmed, how much speaks for calm. The order of the samples of one minute does not matter.

import type { RunId } from '../ids.ts';
import { dayOf } from '../insights/calendar.ts';
import type { Instant } from '../time.ts';
import { faded, type Histogram, nothingSeen, withValues } from './histogram.ts';
import { type Lately, withLately } from './lately.ts';
import { type Level, levelled, levelOf } from './level.ts';
import { type MeasuredPhase, phaseRules } from './owners.ts';
import { latelyFailing, type Rate, raisedBy, rateOf, weightOfOutcome } from './rate.ts';
import type { Rules } from './rules.ts';
import type { Sample, StreamKey, Weighed } from './sample.ts';
import { addTo, noSpell, type Spell } from './spell.ts';
import { type Usual, usualOf, weightOf } from './usual.ts';

export interface Stream {
  /** Logarithms of durations, of a repository's jobs against each one's own level; or 0 and 1 for outcomes. */
  readonly seen: Histogram;
  /** The day of the last fading. */
  readonly day: number;
  readonly usual?: (Usual | Rate) & { readonly asOf: Instant };
  /** What is usual of each job by name; only for the jobs of a repository. */
  readonly levels?: Readonly<Record<string, Level>>;
  /** What was seen in the last hour, also while it is alarmed; only for people to look at. */
  readonly lately?: Lately;
  /** Runs that failed lately, and those of which a job did not: each counts once, however many jobs it has. */
  readonly failedRuns?: readonly RunId[];
  readonly passedRuns?: readonly RunId[];
  /** The share of the last runs that failed. */
  readonly failing?: number;
  /** What was overdue at the last look spoke for so much; it is in the evidence, and taken out again when it ends. */
  readonly pending?: number;
  readonly evidence: number;
  readonly calm: number;
  /** What has added to the evidence since it was last at nothing. */
  readonly spell?: Spell;
  /** When the evidence first was enough. */
  readonly crossedAt?: Instant;
  readonly alarmedAt?: Instant;
  readonly lastAt: Instant;
}

export const newStream = (at: Instant): Stream => ({
  seen: nothingSeen,
  day: dayOf(at),
  evidence: 0,
  calm: 0,
  lastAt: at,
});

const usualForMs = 1_800_000;
const remembered = 64;

/**
 * @param samples all of one minute, of this stream.
 * @param late what is overdue now. `isTold` is false while something else explains some of it: then it speaks for nothing,
 * and is where one counts from afterwards.
 */
export function fold(
  before: Stream,
  key: StreamKey,
  at: Instant,
  samples: readonly Sample[],
  rules: Rules,
  late: { gain: number; isTold: boolean },
): Stream {
  const stream = refreshed(before, key, at, rules);
  const values = valuesOf(stream, samples);
  const more = late.isTold ? late.gain - (stream.pending ?? 0) : 0;
  const seen = glanced(stream, at, values);
  const judged = noted(withLate(judge(seen, at, values, more, rules), late.gain), values);
  return judged.alarmedAt === undefined ? learned(judged, samples, values) : judged;
}

function glanced(stream: Stream, at: Instant, values: readonly Weighed[]): Stream {
  const lately = withLately(
    stream.lately,
    at,
    values.map(({ x }) => x),
  );
  return lately === undefined ? stream : { ...stream, lately };
}

/** Whether it has enough evidence to be alarmed. */
export function isConvincing(
  { evidence, spell, usual, seen }: Stream,
  key: StreamKey,
  rules: Rules,
): boolean {
  if (spell === undefined || usual === undefined || evidence < enoughFor(seen.weight, key, rules))
    return false;
  if (spell.jobs < rules.leastJobs || spell.minutes < rules.leastMinutes) return false;
  const middle = spell.sum / spell.jobs;
  return 'rate' in usual
    ? middle >= usual.rate + rules.failureRise / 2
    : middle >= Math.log(rules.leastRatio);
}

/** What fails seldom or runs seldom has fewer chances to be wrong. The usual of times is not known well enough for that. */
function enoughFor(weight: number, key: StreamKey, rules: Rules): number {
  if (key.endsWith(' all')) return rules.openAtForAll;
  if (!key.startsWith('fail ')) return rules.openAt;
  const less = Math.log(Math.min(1, weight / rules.fullWeight));
  return Math.max(rules.openAtForFew, rules.openAt + less);
}

/** It is the usual, or is explained by something else: what spoke for a change is forgotten. */
export function calmed(stream: Stream): Stream {
  const { spell: _spell, crossedAt: _crossed, alarmedAt: _alarmed, ...rest } = stream;
  return { ...rest, evidence: 0, calm: 0 };
}

/** What is seen now is the usual from now on. */
export function adopted(stream: Stream, at: Instant): Stream {
  return { ...newStream(at), lastAt: stream.lastAt };
}

function refreshed(stream: Stream, key: StreamKey, at: Instant, rules: Rules): Stream {
  const days = dayOf(at) - stream.day;
  const seen = days > 0 ? faded(stream.seen, rules.dailyFade ** days) : stream.seen;
  const aged = { ...stream, seen, day: Math.max(stream.day, dayOf(at)), lastAt: at };
  const known = stream.usual;
  // What is compared with must not move while something is wrong.
  const due = known === undefined || (at - known.asOf >= usualForMs && stream.evidence < rules.openAt / 2);
  if (!due || stream.alarmedAt !== undefined || seen.weight < rules.leastWeight) return aged;
  return { ...aged, usual: { ...usualIn(seen, key, rules), asOf: at } };
}

function usualIn(seen: Histogram, key: StreamKey, rules: Rules): Usual | Rate {
  const [kind, what] = key.split(' ');
  if (kind === 'fail') return rateOf(seen, rules, what === 'workflow');
  return usualOf(seen, rules, phaseRules[what as MeasuredPhase].change);
}

/** Against what is usual of each; jobs of one run once, where they share what they do. Sorted. */
function valuesOf(stream: Stream, samples: readonly Sample[]): readonly Weighed[] {
  const [failed, passed] = [new Set(stream.failedRuns), new Set(stream.passedRuns)];
  const values = samples.flatMap((sample): readonly Weighed[] => {
    if (sample.kind === 'time') return againstLevel(stream, sample);
    const isCounted = failed.has(sample.run) || (!sample.failed && passed.has(sample.run));
    return isCounted ? [] : [{ sample, x: sample.failed ? 1 : 0 }];
  });
  const ordered = values.sort((a, b) => a.x - b.x || a.sample.job - b.sample.job);
  const [first] = samples;
  return first !== undefined && isPerRun(first) ? oncePerRun(ordered, first.kind) : ordered;
}

/** The logarithm of a time, of a repository's jobs against each one's own level; none while that is not known. */
export function againstLevel<Of extends Extract<Sample, { kind: 'time' }>>(
  stream: Stream,
  sample: Of,
): readonly Weighed<Of>[] {
  const { softMs, by } = phaseRules[sample.phase];
  const x = Math.log(Math.max(1, sample.ms + softMs));
  if (by !== 'repository') return [{ sample, x }];
  const level = levelOf(stream.levels, sample.name);
  return level === undefined ? [] : [{ sample, x: x - level, usualMs: Math.exp(level) - softMs }];
}

export const isPerRun = (sample: Sample): boolean =>
  sample.kind === 'time' ? phaseRules[sample.phase].by === 'repository' : sample.owner === 'workflow';

/** Jobs of one run share the commit that they are of: the middle one speaks for all, or the one that failed. */
function oncePerRun(ordered: readonly Weighed[], kind: Sample['kind']): readonly Weighed[] {
  return [...Map.groupBy(ordered, ({ sample }) => sample.run).values()].flatMap((ofRun) => {
    const pick = kind === 'outcome' ? ofRun.length - 1 : Math.floor(ofRun.length / 2);
    return ofRun.slice(pick, pick + 1);
  });
}

function withLate({ pending: _, ...stream }: Stream, gain: number): Stream {
  return gain === 0 ? stream : { ...stream, pending: gain };
}

/** @param more what speaks for a change besides the values. */
function judge(stream: Stream, at: Instant, values: readonly Weighed[], more: number, rules: Rules): Stream {
  const { usual } = stream;
  if (usual === undefined || (values.length === 0 && more === 0)) return stream;
  const gainOf = gainsBy(usual, stream.failing);
  const gains = values.map(({ x }) => gainOf(x));
  const share = Math.min(1, rules.fullPerMinute / Math.max(1, values.length));
  const gain = gains.reduce((sum, one) => sum + one, 0) * share + more;
  const evidence = Math.max(0, stream.evidence + gain);
  const centre = 'rate' in usual ? 0 : usual.centre;
  const had = stream.spell ?? noSpell(at);
  const longer = values.length === 0 ? had : addTo(had, values, centre);
  if (stream.alarmedAt !== undefined) {
    const calm = Math.max(0, stream.calm - gain);
    return { ...stream, evidence, calm, ...(calm === 0 && { spell: longer }) };
  }
  if (evidence === 0) return calmed(stream);
  return { ...stream, evidence, spell: longer };
}

function gainsBy(usual: Usual | Rate, failing: number | undefined): (x: number) => number {
  if ('centre' in usual) return (x) => weightOf(x, usual);
  const rise = raisedBy(usual, failing);
  return (x) => weightOfOutcome(x === 1, rise);
}

function learned(stream: Stream, samples: readonly Sample[], values: readonly Weighed[]): Stream {
  const seen = withValues(
    stream.seen,
    values.map(({ x }) => x),
  );
  const levels = levelled(stream.levels, samples);
  return { ...stream, seen, ...(levels && { levels }) };
}

/** Which runs were counted. */
function noted(stream: Stream, values: readonly Weighed[]): Stream {
  const ofRuns = values.filter(({ sample }) => sample.kind === 'outcome' && sample.owner === 'workflow');
  if (ofRuns.length === 0) return stream;
  const runsOf = (outcome: 0 | 1): readonly RunId[] =>
    ofRuns.filter(({ x }) => x === outcome).map(({ sample }) => sample.run);
  const [failed, passed] = [runsOf(1), runsOf(0)];
  return {
    ...stream,
    failing: latelyFailing(
      stream.failing ?? 0,
      ofRuns.map(({ x }) => x),
    ),
    ...(failed.length > 0 && { failedRuns: remembering(stream.failedRuns, failed) }),
    ...(passed.length > 0 && { passedRuns: remembering(stream.passedRuns, passed) }),
  };
}

const remembering = (before: readonly RunId[] | undefined, more: readonly RunId[]): readonly RunId[] =>
  [...(before ?? []), ...more].slice(-remembered);
