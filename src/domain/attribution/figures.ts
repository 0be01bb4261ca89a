// How long each phase takes lately and how often each owner fails, beside the usual: what the incidents are judged by, for
// people who want to see it although nothing is wrong. The jobs' own times, long and short ones together, are told as how many
// times its own usual each takes.

import type { DurationMs, Instant } from '../time.ts';
import { type Histogram, nothingSeen, quantile } from './histogram.ts';
import { latelyAt } from './lately.ts';
import { type MeasuredPhase, measuredPhases, type Owner, owners, phaseRules } from './owners.ts';
import type { StreamKey, Subject } from './sample.ts';
import type { Stream } from './stream.ts';

/** For times in ms, for failures shares of 1. What is not known yet is absent. */
export interface Measured {
  readonly usualMs?: DurationMs;
  /** Five of six take no longer. */
  readonly highMs?: DurationMs;
  readonly latelyMs?: DurationMs;
  readonly usualRate?: number;
  readonly latelyRate?: number;
  /** How many times the usual it is lately. */
  readonly ratio?: number;
  /** What was seen lately, in jobs; it counts less the older it is. */
  readonly latelyJobs: number;
}

export interface Figure extends Measured {
  readonly what: MeasuredPhase | 'failures';
  readonly owner: Owner;
  /** Of each host or label set, where the usual is of these; the one that is most above its usual first. */
  readonly subjects: readonly (Measured & { readonly subject: Subject })[];
}

/** Below so many jobs a middle says little. */
const leastUsual = 60;
const leastLately = 3;
const most = 5;

/** @param isShown of which subjects the figures are told one by one; all are in the middles. */
export function figuresOf(
  streams: ReadonlyMap<StreamKey, Stream>,
  at: Instant,
  isShown: (subject: Subject) => boolean,
): readonly Figure[] {
  const figureOf = (
    about: Pick<Figure, 'what' | 'owner'>,
    parts: readonly Part[],
    measure: (part: Pick<Part, 'usual' | 'lately'>) => Measured,
  ): Figure => ({ ...about, ...measure(together(parts)), subjects: subjectsOf(parts, isShown, measure) });
  const of = (start: string): readonly Part[] =>
    [...streams].flatMap(([key, stream]) =>
      key.startsWith(`${start} `) ? [partOf(key, stream, start, at)] : [],
    );
  const times = measuredPhases.map((what) => {
    const { owner, softMs, by } = phaseRules[what];
    const measure = (parts: Pick<Part, 'usual' | 'lately'>): Measured => timesIn(parts, softMs);
    return figureOf({ what, owner }, of(`time ${what}`), by === 'repository' ? againstOwn : measure);
  });
  const failures = owners.map((owner) => figureOf({ what: 'failures', owner }, of(`fail ${owner}`), ratesIn));
  return [...times, ...failures].filter(
    ({ what, usualRate, latelyJobs }) => what !== 'failures' || usualRate !== undefined || latelyJobs > 0,
  );
}

interface Part {
  subject: Subject;
  usual: Histogram;
  lately: Histogram;
}

const partOf = (key: StreamKey, { seen, lately }: Stream, start: string, at: Instant): Part => ({
  subject: key.slice(start.length + 1) as Subject,
  usual: seen,
  lately: latelyAt(lately, at),
});

const together = (parts: readonly Part[]): Pick<Part, 'usual' | 'lately'> => ({
  usual: parts.reduce((sum, { usual }) => plus(sum, usual), nothingSeen),
  lately: parts.reduce((sum, { lately }) => plus(sum, lately), nothingSeen),
});

const subjectsOf = (
  parts: readonly Part[],
  isShown: (subject: Subject) => boolean,
  measure: (part: Part) => Measured,
): Figure['subjects'] =>
  parts
    .filter(({ subject }) => subject !== 'all' && isShown(subject))
    .map((part) => ({ subject: part.subject, ...measure(part) }))
    .filter(({ ratio }) => ratio !== undefined)
    .sort((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0) || (a.subject < b.subject ? -1 : 1))
    .slice(0, most);

function timesIn({ usual, lately }: Pick<Part, 'usual' | 'lately'>, softMs: DurationMs): Measured {
  const ms = (x: number): number => Math.max(0, Math.round(Math.exp(x) - softMs));
  const knowsUsual = usual.weight >= leastUsual;
  const knowsLately = lately.weight >= leastLately;
  const [middle, now] = [quantile(usual, 0.5), quantile(lately, 0.5)];
  return {
    ...(knowsUsual && { usualMs: ms(middle), highMs: ms(quantile(usual, 5 / 6)) }),
    ...(knowsLately && { latelyMs: ms(now) }),
    ...(knowsUsual && knowsLately && { ratio: rounded(Math.exp(now - middle)) }),
    latelyJobs: Math.round(lately.weight),
  };
}

/** Each time is there as a logarithm against its job's own level, so no time of all together can be told. */
function againstOwn({ usual, lately }: Pick<Part, 'usual' | 'lately'>): Measured {
  const isKnown = usual.weight >= leastUsual && lately.weight >= leastLately;
  return {
    ...(isKnown && { ratio: rounded(Math.exp(quantile(lately, 0.5) - quantile(usual, 0.5))) }),
    latelyJobs: Math.round(lately.weight),
  };
}

function ratesIn({ usual, lately }: Pick<Part, 'usual' | 'lately'>): Measured {
  const knowsUsual = usual.weight >= leastUsual;
  const knowsLately = lately.weight >= leastLately;
  const [rate, now] = [shareOf(usual), shareOf(lately)];
  return {
    ...(knowsUsual && { usualRate: rounded(rate) }),
    ...(knowsLately && { latelyRate: rounded(now) }),
    ...(knowsUsual && knowsLately && rate > 0 && { ratio: rounded(now / rate) }),
    latelyJobs: Math.round(lately.weight),
  };
}

/** Of outcomes, which are 0 and 1: the share of those that failed; of none it is no number. */
const shareOf = ({ bins, weight }: Histogram): number =>
  bins.reduce((sum, [bin, own]) => sum + (bin > 0 ? own : 0), 0) / weight;

function plus(a: Histogram, b: Histogram): Histogram {
  const bins = new Map(a.bins);
  for (const [bin, weight] of b.bins) bins.set(bin, (bins.get(bin) ?? 0) + weight);
  return { bins: [...bins].sort(([x], [y]) => x - y), weight: a.weight + b.weight };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
