// GitHub's search syntax for dates, as the `created` of run lists takes it: `2026-01-31`, `>=…`, `<…`, `A..B`, `A..*`, each a
// day or a time (GitHub docs, "Understanding the search syntax": query for dates).

import { days, type Instant, instantOf, seconds } from '../../domain/time.ts';
import type { Run } from './state.ts';

/** Whether a run was made then; every run when nothing is asked. GitHub's times have whole seconds. */
export function createdIn(query: string | undefined): (run: Run) => boolean {
  if (query === undefined) return () => true;
  const [from, to] = boundsOf(query);
  return ({ createdAt }) => {
    const at = Math.floor(createdAt / 1000) * 1000;
    return at >= from && at <= to;
  };
}

function boundsOf(query: string): readonly [from: number, to: number] {
  const range = /^(.+)\.\.(.+)$/.exec(query);
  if (range !== null) {
    const [, from = '*', to = '*'] = range;
    return [from === '*' ? -Infinity : startOf(from), to === '*' ? Infinity : endOf(to)];
  }
  const compared = /^(>=|<=|>|<)(.+)$/.exec(query);
  if (compared === null) return [startOf(query), endOf(query)];
  const [, operator, text = ''] = compared;
  if (operator === '>=') return [startOf(text), Infinity];
  if (operator === '>') return [endOf(text) + 1, Infinity];
  return [-Infinity, operator === '<=' ? endOf(text) : startOf(text) - 1];
}

const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text);

function startOf(text: string): Instant {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Error(`bug: no date: ${text}`);
  return instantOf(ms);
}

/** The last moment of that day, or of that second. */
const endOf = (text: string): number => startOf(text) + (isDay(text) ? days(1) : seconds(1)) - 1;
