import type { CallOf } from '../wire/api/endpoints.ts';
import type { ApiInsight } from '../wire/api/insights.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';
import { growth, tallyColumns, tallyHead } from './tally-columns.ts';

/** `bellows today` */
export const today =
  (owner: string | undefined): Command =>
  async (api) =>
    outcomeOf(await api.call('today', { query: owner === undefined ? {} : { owner } }), (value) => ({
      ok: true,
      json: value,
      text: [
        `Open now: ${value.open.queued} queued, ${value.open.running} running, ${value.open.waiting} waiting.`,
        table(
          ['until this time', ...tallyHead],
          [
            ['today', ...tallyColumns(value.today)],
            ['yesterday', ...tallyColumns(value.yesterday)],
            ['a week ago', ...tallyColumns(value.lastWeek)],
          ],
        ),
        table(
          ['hour (utc)', ...tallyHead],
          value.hours.today.map(({ start, tally }) => [start.slice(11, 16), ...tallyColumns(tally)]),
        ),
      ].join('\n\n'),
    }));

export type InsightQuery = NonNullable<CallOf<'insights'>['query']>;

/** `bellows insights` */
export const insights =
  (query: InsightQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('insights', { query }), (value) => ({
      ok: true,
      json: value,
      text:
        value.rows.length === 0
          ? `Nothing was built from ${value.from} to ${value.to}, nor in the period before.`
          : [
              `From ${value.from} to ${value.to}, against as many days before:`,
              table(
                [query.by ?? 'repository', ...tallyHead, 'growth', 'look at'],
                [
                  ...value.rows.map(row),
                  ['all', ...tallyColumns(value.total.now), growthOf(value.total), ''],
                ],
              ),
              ...(value.next === undefined ? [] : [`There are more: --after ${value.next}`]),
            ].join('\n\n'),
    }));

const row = (insight: ApiInsight): string[] => [
  nameOf(insight),
  ...tallyColumns(insight.now),
  growthOf(insight),
  insight.hot.join(', '),
];

const growthOf = ({ now, before }: Pick<ApiInsight, 'now' | 'before'>): string =>
  growth(now.minutes, before.minutes);

function nameOf({ owner, repository, workflow, user }: ApiInsight): string {
  if (user !== undefined) return user === '' ? 'nobody told' : user;
  if (workflow !== undefined) return `${repository ?? ''} ${workflow}`;
  return repository ?? owner;
}

/** `bellows recount` */
export const recount =
  (): Command =>
  async (api, { say }) => {
    let counted = 0;
    let after: NonNullable<CallOf<'recount'>['body']>['after'];
    while (true) {
      const answer = await api.call('recount', { body: after === undefined ? {} : { after } });
      if (!answer.ok) return { ok: false, message: answer.problem.detail, json: { counted } };
      counted += answer.value.counted;
      after = answer.value.next;
      if (after === undefined) return { ok: true, text: `${counted} jobs are counted.`, json: { counted } };
      say(`${counted} jobs are counted, back to those first seen at ${after.at}`);
    }
  };
