import type { Caller } from '../../domain/access/caller.ts';
import { dayName, periodOf } from '../../domain/insights/calendar.ts';
import { type Compared, compared, sortedBy } from '../../domain/insights/comparison.ts';
import { hotSpotsOf } from '../../domain/insights/hot-spots.ts';
import type { RollupKind } from '../../domain/insights/rollup.ts';
import { noTally, sumOf, type Tally } from '../../domain/insights/tally.ts';
import type { InsightFilter } from '../../ports/insight-tables.ts';
import { describeDays, describeTally } from '../../wire/api/describe-tally.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { ApiInsight, InsightGroup } from '../../wire/api/insights.ts';
import type { RequestDeps } from './deps.ts';
import { ownersCounted } from './tallies.ts';

type Deps = Pick<RequestDeps, 'store' | 'clock'>;

const kindOf: Readonly<Record<InsightGroup, RollupKind>> = {
  owner: 'organization',
  repository: 'repository',
  workflow: 'workflow',
  user: 'user',
};

export async function insights(
  { store, clock }: Deps,
  { query }: RequestOf<'insights'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'insights'>>> {
  const { by, repository, sort, after, limit } = query;
  if (repository !== undefined && (by === 'owner' || by === 'user'))
    return refused(400, 'No such filter', `Builds by ${by} are not kept for one repository.`);
  const period = periodOf(clock.now(), query.days);
  const filter = {
    ...ownersCounted(caller, query.owner),
    ...(repository !== undefined && { repository: repository.toLowerCase() }),
  };
  const { now, before } = await store.transaction(async (tx) => ({
    now: await tx.insights.tallies(kindOf[by], period.now, filter),
    before: await tx.insights.tallies(kindOf[by], period.before, filter),
  }));
  const rows = sortedBy(sort, compared(now, before));
  const total = { now: totalOf(now), before: totalOf(before) };
  const all = { ms: total.now.ms, rows: now.length };
  return answered({
    ...describeDays(period.now),
    total: { now: describeTally(total.now), before: describeTally(total.before) },
    rows: rows.slice(after, after + limit).map((row) => describe(by, row, all)),
    count: rows.length,
    ...(after + limit < rows.length && { next: after + limit }),
  });
}

const totalOf = (rows: readonly { tally: Tally }[]): Tally =>
  rows.map(({ tally }) => tally).reduce(sumOf, noTally);

function describe(by: InsightGroup, row: Compared, all: { ms: number; rows: number }): ApiInsight {
  const { owner, repository, workflow, name, now, before } = row;
  return {
    owner,
    ...((by === 'repository' || by === 'workflow') && { repository }),
    ...(by === 'workflow' && { workflow }),
    ...(by === 'user' && { user: name }),
    now: describeTally(now),
    before: describeTally(before),
    hot: [...hotSpotsOf(row, all)],
  };
}

export async function insightsDaily(
  { store, clock }: Deps,
  { query }: RequestOf<'insightsDaily'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'insightsDaily'>>> {
  const { repository, workflow, user } = query;
  if (user !== undefined && (repository !== undefined || workflow !== undefined))
    return refused(400, 'No such filter', "A user's builds are not kept for one repository or workflow.");
  if (workflow !== undefined && repository === undefined)
    return refused(400, 'Of which repository?', 'A workflow is one of a repository: name that too.');
  const { now: period } = periodOf(clock.now(), query.days);
  const owners = ownersCounted(caller, query.owner);
  const [kind, filter] = chosenSeries(query);
  const { daily, counted } = await store.transaction(async (tx) => ({
    daily: await tx.insights.daily(kind, period, { ...owners, ...filter }),
    counted: await tx.insights.tallies('organization', period, owners),
  }));
  const byDay = new Map(daily.map(({ day, tally }) => [day, tally]));
  return answered({
    owners: counted.map(({ owner }) => owner).sort(),
    days: Array.from({ length: period.to - period.from }, (_, index) => {
      const day = period.from + index;
      return { day: dayName(day), tally: describeTally(byDay.get(day) ?? noTally) };
    }),
  });
}

function chosenSeries({
  repository,
  workflow,
  user,
}: RequestOf<'insightsDaily'>['query']): [RollupKind, InsightFilter] {
  if (user !== undefined) return ['user', { name: user }];
  const of = repository === undefined ? {} : { repository: repository.toLowerCase() };
  if (workflow !== undefined) return ['workflow', { ...of, workflow }];
  return [repository === undefined ? 'organization' : 'repository', of];
}
