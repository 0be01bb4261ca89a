// How well the rules tell whose fault it is: simulated weeks with known faults. Even seeds are for tuning, odd ones for
// judging; what is printed is of the odd ones only, unless `half` says otherwise.

import { defaultRules, type Rules } from '../src/domain/attribution/rules.ts';
import type { Verdict } from './attribution/judge-week.ts';
import { judgeWeeks } from './attribution/judge-weeks.ts';

export interface AttributionOptions {
  /** `A..B`, both of them taken. */
  seeds?: string;
  /** Which seeds of these are played: for judging the odd ones. */
  half?: 'odd' | 'even';
  rules?: Rules;
  say?: (line: string) => void;
}

export interface AttributionResult {
  /** The weeks that were judged. */
  seeds: number;
  /** Faults in them that met at least one job. */
  incidents: number;
  precision: number;
  recall: number;
  falsePerHealthyWeek: number;
  /** From the first thing of a job that was over and that the fault had touched. */
  detectMinutes: { p50: number; p95: number };
  /** From the fault's own beginning, before it had met anybody. */
  detectMinutesFromOnset: { p50: number; p95: number };
  /** How often each true owner (`nobody` for false alarms) was blamed on which. */
  confusion: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export async function run({
  seeds = '1..160',
  half = 'odd',
  rules = defaultRules,
  say = () => {},
}: AttributionOptions = {}): Promise<AttributionResult> {
  const [first, last] = boundsOf(seeds);
  const weeks = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
    (seed) => (seed % 2 === 1) === (half === 'odd'),
  );
  const verdicts = await judgeWeeks(weeks, rules, (verdict, done) => {
    const { seed, found, faults, wrong, opened } = verdict;
    say(`${done} of ${weeks.length}: seed ${seed}, ${found} of ${faults} found, ${wrong} of ${opened} wrong`);
    for (const line of verdict.missed) say(`  missed: ${line}`);
    for (const line of verdict.late) say(`  late: ${line}`);
    for (const line of verdict.mistaken) say(`  mistaken: ${line}`);
  });
  return resultOf(verdicts);
}

export function boundsOf(seeds: string): readonly [number, number] {
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(seeds) ?? [];
  const bounds = [Number(first), Number(last)] as const;
  if (!(bounds[0] <= bounds[1])) throw new Error(`seeds are given as A..B, such as 1..160; not ${seeds}`);
  return bounds;
}

function resultOf(verdicts: readonly Verdict[]): AttributionResult {
  const sum = (of: (verdict: Verdict) => number): number => verdicts.reduce((all, one) => all + of(one), 0);
  const faults = sum(({ faults: met }) => met);
  const opened = sum(({ opened: all }) => all);
  const healthy = verdicts.filter((verdict) => verdict.healthy);
  const confusion: Record<string, Record<string, number>> = {};
  for (const [pair, times] of verdicts.flatMap((verdict) => [...verdict.confusion])) {
    const [truth = '', said = ''] = pair.split(' ');
    const row = confusion[truth] ?? {};
    row[said] = (row[said] ?? 0) + times;
    confusion[truth] = row;
  }
  return {
    seeds: verdicts.length,
    incidents: faults,
    precision: rounded(opened === 0 ? 1 : 1 - sum(({ wrong }) => wrong) / opened),
    recall: rounded(faults === 0 ? 1 : sum(({ found }) => found) / faults),
    falsePerHealthyWeek: rounded(
      healthy.length === 0 ? 0 : healthy.reduce((all, { wrong }) => all + wrong, 0) / healthy.length,
    ),
    detectMinutes: spreadOf(verdicts.flatMap(({ minutes }) => minutes)),
    detectMinutesFromOnset: spreadOf(verdicts.flatMap(({ minutesFromOnset }) => minutesFromOnset)),
    confusion,
  };
}

function spreadOf(values: readonly number[]): { p50: number; p95: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => rounded(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return { p50: at(0.5), p95: at(0.95) };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
