import type { Caller } from '../../domain/access/caller.ts';
import { sees } from '../../domain/access/caller.ts';
import { periodOf } from '../../domain/insights/calendar.ts';
import { noTally, sumOf } from '../../domain/insights/tally.ts';
import { mostFirst } from '../../domain/insights/usage-report.ts';
import { describeDays, describeTally } from '../../wire/api/describe-tally.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { RequestDeps } from './deps.ts';

export async function usage(
  { store, clock }: Pick<RequestDeps, 'store' | 'clock'>,
  { query }: RequestOf<'usage'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'usage'>>> {
  const owner = query.owner.toLowerCase();
  if (!sees(caller, owner)) return refused(404, 'No such account', 'You see no account of that name.');
  const { now: period } = periodOf(clock.now(), query.days);
  const { repositories, users } = await store.transaction(async (tx) => ({
    repositories: await tx.insights.tallies('repository', period, { owners: [owner] }),
    users: await tx.insights.tallies('user', period, { owners: [owner] }),
  }));
  return answered({
    ...describeDays(period),
    total: describeTally(repositories.map(({ tally }) => tally).reduce(sumOf, noTally)),
    repositories: repositories
      .toSorted(mostFirst(({ repository }) => repository))
      .map(({ repository, tally }) => ({ repository, tally: describeTally(tally) })),
    users: users
      .toSorted(mostFirst(({ name }) => name))
      .map(({ name, tally }) => ({ user: name, tally: describeTally(tally) })),
  });
}
