import type { AnswerOf, CallOf } from '../wire/api/endpoints.ts';
import type { ApiTally } from '../wire/api/insights.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';
import { lasting } from './tally-columns.ts';

export type UsageQuery = NonNullable<CallOf<'usage'>['query']>;

/** `bellows usage` */
export const usage =
  (query: UsageQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('usage', { query }), (value) => ({
      ok: true,
      json: value,
      text: usageText(query.owner, value),
    }));

/** What an account built, for people. */
export const usageText = (owner: string, value: AnswerOf<'usage'>): string =>
  value.repositories.length === 0
    ? `${owner} built nothing from ${value.from} to ${value.to}.`
    : [
        `${owner}, from ${value.from} to ${value.to}:`,
        table(
          ['repository', ...head],
          [
            ...value.repositories.map(({ repository, tally }) => [repository, ...columns(tally)]),
            ['all', ...columns(value.total)],
          ],
        ),
        table(
          ['user', ...head],
          value.users.map(({ user, tally }) => [user === '' ? 'nobody told' : user, ...columns(tally)]),
        ),
      ].join('\n\n');

const head = ['builds', 'success', 'failed', 'cancelled', 'skipped', 'total', 'average', 'longest'];

const columns = (tally: ApiTally): string[] => [
  String(tally.builds),
  String(tally.success),
  String(tally.failure),
  String(tally.cancelled),
  String(tally.skipped),
  lasting(tally.minutes * 60_000),
  lasting(tally.averageMs),
  lasting(tally.longestMs),
];
