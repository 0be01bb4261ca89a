import type { Caller } from '../../domain/access/caller.ts';
import { dayOf, startOfDay } from '../../domain/insights/calendar.ts';
import { noTally, sumOf } from '../../domain/insights/tally.ts';
import { after, days, hours, type Instant, toIso } from '../../domain/time.ts';
import type { TalliedHour } from '../../ports/insight-tables.ts';
import { describeTally } from '../../wire/api/describe-tally.ts';
import { type ApiAnswer, answered } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { RequestDeps } from './deps.ts';
import { ownersCounted } from './tallies.ts';

type Hours = AnswerOf<'today'>['hours']['today'];

export async function today(
  { store, clock }: Pick<RequestDeps, 'store' | 'clock'>,
  { query }: RequestOf<'today'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'today'>>> {
  const now = clock.now();
  const day = dayOf(now);
  const filter = ownersCounted(caller, query.owner);
  const found = await store.transaction(async ({ insights }) => {
    const hoursOf = (date: number) => insights.hourly(startOfDay(date), startOfDay(date + 1), filter);
    // Of those days, what had ended by this time.
    const soFar = (date: number) =>
      insights.tallyBetween(startOfDay(date), after(now, days(date - day)), filter);
    return {
      open: await insights.open(filter),
      today: await hoursOf(day),
      yesterday: { tally: await soFar(day - 1), hours: await hoursOf(day - 1) },
      lastWeek: { tally: await soFar(day - 7), hours: await hoursOf(day - 7) },
      owners: await insights.tallies('organization', { from: day, to: day + 1 }, filter),
    };
  });
  const begun = Math.floor((now - startOfDay(day)) / hours(1)) + 1;
  return answered({
    now: toIso(now),
    open: found.open,
    today: describeTally(found.today.map(({ tally }) => tally).reduce(sumOf, noTally)),
    yesterday: describeTally(found.yesterday.tally),
    lastWeek: describeTally(found.lastWeek.tally),
    hours: {
      today: everyHour(startOfDay(day), begun, found.today),
      yesterday: everyHour(startOfDay(day - 1), 24, found.yesterday.hours),
      lastWeek: everyHour(startOfDay(day - 7), 24, found.lastWeek.hours),
    },
    owners: found.owners
      .toSorted((a, b) => b.tally.ms - a.tally.ms || (a.owner < b.owner ? -1 : 1))
      .map(({ owner, tally }) => ({ owner, tally: describeTally(tally) })),
  });
}

/** Hours in which nothing ended among them, for a curve without gaps. */
function everyHour(from: Instant, count: number, tallied: readonly TalliedHour[]): Hours {
  const byStart = new Map(tallied.map(({ start, tally }) => [start, tally]));
  return Array.from({ length: count }, (_, index) => {
    const start = after(from, hours(index));
    return { start: toIso(start), tally: describeTally(byStart.get(start) ?? noTally) };
  });
}
