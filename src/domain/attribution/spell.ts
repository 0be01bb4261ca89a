// What speaks for a change, since it began: figures and examples for people.

import type { JobId } from '../ids.ts';
import type { DurationMs, Instant } from '../time.ts';
import type { FailureClass } from './failure-class.ts';
import type { Weighed } from './sample.ts';

export interface Example {
  readonly job: JobId;
  readonly account: string;
  readonly at: Instant;
  /** How long it took; absent for a failure. */
  readonly ms?: DurationMs;
  readonly usualMs?: DurationMs;
}

/** How many failed for which reason, by account. */
export type Reasons = Readonly<Record<string, Readonly<Partial<Record<FailureClass, number>>>>>;

export interface Spell {
  readonly since: Instant;
  readonly jobs: number;
  readonly minutes: number;
  /** Of the logarithms against the usual, or of failures. */
  readonly sum: number;
  /** Jobs by account. */
  readonly accounts: Readonly<Record<string, number>>;
  /** Only of failures. */
  readonly reasons?: Reasons;
  readonly examples: readonly Example[];
}

const mostExamples = 8;
const mostAccounts = 100;
/** One job that hung must not make the middle of all. */
const farthest = 3;

export const noSpell = (since: Instant): Spell => ({
  since,
  jobs: 0,
  minutes: 0,
  sum: 0,
  accounts: {},
  examples: [],
});

/** @param values of one minute, sorted. */
export function addTo(spell: Spell, values: readonly Weighed[], centre: number): Spell {
  // Maps, since an account may be called `constructor`.
  const accounts = new Map(Object.entries(spell.accounts));
  const reasons = new Map(Object.entries(spell.reasons ?? {}));
  let sum = spell.sum;
  for (const { sample, x } of values) {
    const { account } = sample;
    sum += Math.max(-farthest, Math.min(farthest, x - centre));
    if (!accounts.has(account) && accounts.size >= mostAccounts) continue;
    accounts.set(account, (accounts.get(account) ?? 0) + 1);
    const why = sample.kind === 'outcome' && x === 1 ? sample.class : undefined;
    if (why === undefined) continue;
    const had = reasons.get(account);
    reasons.set(account, { ...had, [why]: (had?.[why] ?? 0) + 1 });
  }
  return {
    since: spell.since,
    jobs: spell.jobs + values.length,
    minutes: spell.minutes + 1,
    sum,
    accounts: Object.fromEntries(accounts),
    ...(reasons.size > 0 && { reasons: Object.fromEntries(reasons) }),
    examples: [...spell.examples, ...examplesOf(values, centre, spell.examples)].slice(-mostExamples),
  };
}

/** The worst of this minute, one more for each account that has none yet. */
function examplesOf(values: readonly Weighed[], centre: number, had: readonly Example[]): readonly Example[] {
  const accounts = new Set(had.map(({ account }) => account));
  const worse = values.filter(({ x, sample }) => (sample.kind === 'outcome' ? x === 1 : x > centre));
  return worse
    .toReversed()
    .filter(({ sample: { account } }, index) => {
      const isNew = !accounts.has(account);
      accounts.add(account);
      return index === 0 || isNew;
    })
    .map(({ sample, usualMs }) => ({
      job: sample.job,
      account: sample.account,
      at: sample.at,
      ...(sample.kind === 'time' && { ms: sample.ms }),
      ...(usualMs !== undefined && { usualMs: Math.round(usualMs) }),
    }));
}
