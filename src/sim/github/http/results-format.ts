// How runners write steps, conclusions and outputs. The results service counts in integers, the run service in words; one
// known runner sends other integers than it should, so what is not known is taken for "under way" or "failed".

import type { Conclusion, Step } from '../state.ts';
import { record } from './rest.ts';

const statusByNumber: Readonly<Record<number, Step['status']>> = {
  3: 'in_progress',
  5: 'pending',
  6: 'completed',
};
const conclusionByNumber: Readonly<Record<number, Conclusion>> = {
  2: 'success',
  3: 'failure',
  4: 'cancelled',
  7: 'skipped',
};
const conclusionByWord: Readonly<Record<string, Conclusion>> = {
  succeeded: 'success',
  succeededwithissues: 'success',
  failed: 'failure',
  canceled: 'cancelled',
  skipped: 'skipped',
  abandoned: 'failure',
};

export const conclusionOf = (value: unknown): Conclusion =>
  (typeof value === 'number' ? conclusionByNumber[value] : conclusionByWord[String(value).toLowerCase()]) ??
  'failure';

/** From a list of step updates or step results. */
export function stepsOf(value: unknown): Step[] {
  if (!Array.isArray(value)) return [];
  return value.map((item) => {
    const step = record(item);
    const status =
      typeof step.status === 'number'
        ? (statusByNumber[step.status] ?? 'in_progress')
        : step.status === 'completed'
          ? 'completed'
          : 'in_progress';
    return {
      externalId: String(step.external_id ?? ''),
      number: Number(step.number ?? 0),
      name: String(step.name ?? ''),
      status,
      conclusion: status === 'completed' ? conclusionOf(step.conclusion) : undefined,
      startedAt: timeOf(step.started_at),
      completedAt: timeOf(step.completed_at),
    };
  });
}

function timeOf(value: unknown): string | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** From `{name: {value, isSecret}}`. */
export function outputsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(value)).map(([name, output]) => [name, String(record(output).value ?? '')]),
  );
}
