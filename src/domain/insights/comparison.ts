// Two periods side by side, row by row, sorted by what one wants to know.

import { averageMs, noTally, type Tally } from './tally.ts';

/** What a row is about; empty where its kind says nothing of it. */
export interface RowName {
  owner: string;
  repository: string;
  workflow: string;
  name: string;
}

export interface Compared extends RowName {
  now: Tally;
  before: Tally;
}

/** A row for each that has builds in either period. */
export function compared(
  now: readonly (RowName & { tally: Tally })[],
  before: readonly (RowName & { tally: Tally })[],
): readonly Compared[] {
  const rows = new Map<string, Compared>();
  for (const [rowsOf, field] of [[now, 'now'] as const, [before, 'before'] as const]) {
    for (const { owner, repository, workflow, name, tally } of rowsOf) {
      const id = JSON.stringify([owner, repository, workflow, name]);
      const row = rows.get(id) ?? { owner, repository, workflow, name, now: noTally, before: noTally };
      rows.set(id, { ...row, [field]: tally });
    }
  }
  return [...rows.values()];
}

export const sortKeys = [
  'builds',
  'minutes',
  'success',
  'failure',
  'cancelled',
  'average',
  'longest',
  'growth',
  'name',
] as const;
export type SortKey = (typeof sortKeys)[number];

/** Largest first, names from the beginning; those that are equal by name, so that pages do not overlap. */
export const sortedBy = (key: SortKey, rows: readonly Compared[]): readonly Compared[] =>
  rows
    .map((row) => ({ row, value: rankOf[key](row), id: fullName(row) }))
    .sort((a, b) => b.value - a.value || (a.id < b.id ? -1 : 1))
    .map(({ row }) => row);

const fullName = ({ owner, repository, workflow, name }: RowName): string =>
  [owner, repository, workflow, name].join('\u0000');

const rankOf: Readonly<Record<SortKey, (row: Compared) => number>> = {
  builds: ({ now }) => now.builds,
  minutes: ({ now }) => now.ms,
  success: ({ now }) => now.success,
  failure: ({ now }) => now.failure,
  cancelled: ({ now }) => now.cancelled,
  average: ({ now }) => averageMs(now),
  longest: ({ now }) => now.longestMs,
  growth: ({ now, before }) => now.ms - before.ms,
  name: () => 0,
};
