// An incident says whose it is that something is slower, or fails more often, than usual, and by what one sees it.

import { fnv1a } from '../fnv.ts';
import type { GitHubWord } from '../github-status/word.ts';
import type { DurationMs, Instant } from '../time.ts';
import { classWords, type FailureClass, failureClasses, failureFound } from './failure-class.ts';
import { type MeasuredPhase, type Owner, phaseRules } from './owners.ts';
import type { StreamKey, Subject } from './sample.ts';
import type { Example, Reasons } from './spell.ts';
import type { Stream } from './stream.ts';

export interface Evidence {
  readonly stream: StreamKey;
  readonly what: MeasuredPhase | 'failures';
  /** For times in ms; of a repository's jobs, which take long and short, only the ratio is told. */
  readonly usualMs?: DurationMs;
  readonly seenMs?: DurationMs;
  /** For failures: shares of 1. */
  readonly usualRate?: number;
  readonly seenRate?: number;
  /** How many times the usual. */
  readonly ratio: number;
  readonly jobs: number;
  /** Jobs by account. */
  readonly accounts: Readonly<Record<string, number>>;
  /** For failures: how many for which reason, as far as hosts, guests and logs told. */
  readonly reasons?: Reasons;
  readonly examples: readonly Example[];
}

/** `calm`: it is as usual again. `silence`: nothing came any more. `usual`: it lasted so long that it is the usual now. */
export type Ending = 'calm' | 'silence' | 'usual';

export interface Incident {
  readonly id: string;
  readonly owner: Owner;
  readonly subject: Subject;
  /** When it seems to have begun. */
  readonly since: Instant;
  readonly openedAt: Instant;
  readonly closedAt?: Instant;
  readonly ending?: Ending;
  readonly evidence: readonly Evidence[];
  /** What GitHub's status page says of it. Written by the loop that reads the page, kept by the others. */
  readonly githubStatus?: GitHubWord;
}

/** The same for the same thing at the same time. */
export function incidentId(owner: Owner, subject: Subject, openedAt: Instant): string {
  const about = fnv1a(`${owner} ${subject}`);
  return `incident-${Math.floor(openedAt / 60_000).toString(36)}-${about.toString(36)}`;
}

export function evidenceOf(key: StreamKey, { spell, usual }: Stream): Evidence | undefined {
  if (spell === undefined || usual === undefined || spell.jobs === 0) return undefined;
  const { jobs, accounts, examples, reasons } = spell;
  const middle = spell.sum / jobs;
  const about = { stream: key, jobs, accounts, examples, ...(reasons !== undefined && { reasons }) };
  if ('rate' in usual) {
    const rates = { usualRate: rounded(usual.rate), seenRate: rounded(middle) };
    return { ...about, what: 'failures', ...rates, ratio: rounded(middle / usual.rate) };
  }
  const phase = key.split(' ')[1] as MeasuredPhase;
  const { softMs, by } = phaseRules[phase];
  const ms = (x: number): number => Math.max(0, Math.round(Math.exp(x) - softMs));
  const times = by === 'repository' ? {} : { usualMs: ms(usual.centre), seenMs: ms(usual.centre + middle) };
  return { ...about, what: phase, ...times, ratio: rounded(Math.exp(middle)) };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

export interface CountedReason {
  readonly class: FailureClass;
  readonly words: string;
  readonly jobs: number;
  /** What to do, in one sentence. */
  readonly advice: string;
}

/** By what jobs of these accounts failed, most first. */
export function reasonsIn({ reasons = {} }: Evidence, isSeen: (account: string) => boolean = () => true) {
  const seen = Object.entries(reasons).filter(([account]) => isSeen(account));
  return failureClasses
    .map(
      (found): CountedReason => ({
        class: found,
        words: classWords[found],
        advice: failureFound({ class: found }).advice,
        jobs: seen.reduce((sum, [, counts]) => sum + (counts[found] ?? 0), 0),
      }),
    )
    .filter(({ jobs }) => jobs > 0)
    .sort((a, b) => b.jobs - a.jobs);
}

/** The accounts whose jobs are in the evidence. */
export const accountsOf = ({ evidence }: Pick<Incident, 'evidence'>): readonly string[] =>
  [...new Set(evidence.flatMap(({ accounts }) => Object.keys(accounts)))].sort();
