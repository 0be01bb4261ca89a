// What is known of each unit, and what it sums up to.

import { createHash } from 'node:crypto';
import type { Read, Unit } from './units.ts';

export interface Counts {
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly noCoverage: number;
}

export interface UnitResult {
  readonly unit: string;
  readonly digest: string;
  readonly counts: Counts;
  /** Mutants with which a test file did not even load. They count neither way, as Stryker has it. */
  readonly invalid: number;
  /** Mutants that no test noticed, one line each: `path:line:column Mutator → replacement`. */
  readonly alive: readonly string[];
  readonly seconds: number;
}

/** What Stryker tells of one mutant, as far as it is used here. */
export interface MutantOutcome {
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement?: string | undefined;
  readonly status: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

/** The share that must be killed. */
export const breakAt = 90;

/** Changes with anything that the result of a unit depends on. `tools` are the versions of what runs it. */
export function digestOf(unit: Unit, read: Read, tools: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of [...tools, ...unit.sources, '', ...unit.tests, '']) hash.update(`${part}\n`);
  for (const path of unit.inputs) hash.update(`${path}\0${read(path) ?? ''}\0`);
  return hash.digest('hex');
}

export function resultOf(
  unit: string,
  digest: string,
  mutants: readonly MutantOutcome[],
  seconds: number,
): UnitResult {
  const count = (...statuses: string[]) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const alive = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
  return {
    unit,
    digest,
    counts: {
      killed: count('Killed'),
      timeout: count('Timeout'),
      survived: count('Survived'),
      noCoverage: count('NoCoverage'),
    },
    invalid: count('RuntimeError', 'CompileError'),
    alive: alive.map(describeMutant),
    seconds,
  };
}

function describeMutant({ fileName, location, mutatorName, replacement, status }: MutantOutcome): string {
  const place = `${fileName}:${location.start.line}:${location.start.column}`;
  const text = (replacement ?? '').replaceAll(/\s+/g, ' ').slice(0, 100);
  return `${place} ${mutatorName}${status === 'NoCoverage' ? ' (no test comes here)' : ''} → ${text}`;
}

/** The share of mutants that tests noticed, in per cent; 100 where there are none. */
export function scoreOf({ killed, timeout, survived, noCoverage }: Counts): number {
  const all = killed + timeout + survived + noCoverage;
  return all === 0 ? 100 : ((killed + timeout) / all) * 100;
}

export interface Summary extends Counts {
  readonly ok: boolean;
  readonly score: number;
  readonly mutants: number;
  /** Beside those that count. */
  readonly invalid: number;
  readonly units: number;
  readonly reused: number;
  readonly belowBreak: readonly string[];
}

/** Sound when all together reach the share; the units that do not are named. */
export function sumUp(results: readonly UnitResult[], reused: number): Summary {
  const sum = (kind: keyof Counts) => results.reduce((total, { counts }) => total + counts[kind], 0);
  const counts = {
    killed: sum('killed'),
    timeout: sum('timeout'),
    survived: sum('survived'),
    noCoverage: sum('noCoverage'),
  };
  const score = scoreOf(counts);
  return {
    ok: score >= breakAt,
    score: Math.floor(score * 100) / 100,
    mutants: counts.killed + counts.timeout + counts.survived + counts.noCoverage,
    ...counts,
    invalid: results.reduce((total, { invalid }) => total + invalid, 0),
    units: results.length,
    reused,
    belowBreak: results.filter((result) => scoreOf(result.counts) < breakAt).map(({ unit }) => unit),
  };
}

/** Seconds that the lines still to come take, at the pace of those that are done; nothing before the first. */
export function secondsLeft(done: { lines: number; seconds: number }, linesLeft: number): number | undefined {
  return done.lines === 0 ? undefined : Math.round((done.seconds / done.lines) * linesLeft);
}
