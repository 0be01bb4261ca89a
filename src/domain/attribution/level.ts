// How long a job of one name usually takes, kept as one number: a middle that moves a little with each run and not far with
// any.

import { phaseRules } from './owners.ts';
import type { Sample } from './sample.ts';

export interface Level {
  /** The logarithm of the duration. */
  readonly middle: number;
  readonly jobs: number;
}

/** Before so many jobs of a name nothing is said of it. */
const leastJobs = 6;
const slowest = 0.04;
/** How far one job may pull, as a logarithm. */
const farthest = 0.5;
/** Names that are kept; beyond, those with the fewest jobs go. */
const mostNames = 200;

export function levelOf(
  levels: Readonly<Record<string, Level>> | undefined,
  name: string,
): number | undefined {
  const level = levels?.[name];
  return level === undefined || level.jobs < leastJobs ? undefined : level.middle;
}

/** Undefined when none of the samples is of a repository's jobs. The order of the samples does not matter. */
export function levelled(
  levels: Readonly<Record<string, Level>> | undefined,
  samples: readonly Sample[],
): Readonly<Record<string, Level>> | undefined {
  const named = samples.flatMap((sample) =>
    sample.kind === 'time' && phaseRules[sample.phase].by === 'repository'
      ? [{ name: sample.name, x: Math.log(Math.max(1, sample.ms + phaseRules[sample.phase].softMs)) }]
      : [],
  );
  if (named.length === 0) return levels;
  const next: Record<string, Level> = { ...levels };
  const before = Object.keys(next).length;
  for (const [name, found] of Map.groupBy(named, (one) => one.name)) {
    const xs = found.map(({ x }) => x).sort((a, b) => a - b);
    next[name] = moved(next[name], xs);
  }
  const entries = Object.entries(next);
  // They are put in order only when there is a new one: this is done for each job.
  if (entries.length === before) return next;
  const kept = entries.sort(([a, x], [b, y]) => y.jobs - x.jobs || (a < b ? -1 : 1)).slice(0, mostNames);
  return Object.fromEntries(kept);
}

function moved(level: Level | undefined, xs: readonly number[]): Level {
  const middle = level?.middle ?? xs[Math.floor(xs.length / 2)] ?? 0;
  const pulls = xs.map((x) => Math.max(-farthest, Math.min(farthest, x - middle)));
  const pull = pulls.reduce((sum, one) => sum + one, 0) / xs.length;
  const jobs = (level?.jobs ?? 0) + xs.length;
  return { middle: middle + pull * Math.min(0.5, Math.max(xs.length / jobs, slowest)), jobs };
}
