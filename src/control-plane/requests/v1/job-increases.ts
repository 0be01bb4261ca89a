import type { Caller } from '../../../domain/access/caller.ts';
import { days, type Instant } from '../../../domain/time.ts';
import { type ApiAnswer, answered } from '../../../wire/api/endpoint.ts';
import type { ApiIncrease } from '../../../wire/api/usage.ts';
import type { V1Body, V1QueryOf } from '../../../wire/api-v1/endpoints.ts';
import type { RequestDeps } from '../deps.ts';
import { increases } from '../increases.ts';
import { markdownTable } from './text-table.ts';

const defaultDays = 30;
/** As our own endpoint has it. */
const [fewestDays, mostDays] = [14, 120];

/** The same jobs as our own list of increases has; the shape of the original's JSON is not public. */
export async function jobIncreases(
  deps: Pick<RequestDeps, 'store' | 'clock'>,
  { owner, startDate }: V1QueryOf<'jobIncreases'>,
  caller: Caller,
): Promise<ApiAnswer<V1Body>> {
  const length = startDate === undefined ? defaultDays : daysSince(startDate, deps.clock.now());
  const query = { days: length, percent: 20, limit: 500, ...(owner !== undefined && { owner }) };
  const answer = await increases(deps, { params: {}, query, body: {} }, caller);
  if (!answer.ok) return answer;
  const { increases: found } = answer.value;
  return answered({ json: found, text: textOf(found) });
}

function daysSince(startDate: string, now: Instant): number {
  const passed = Math.ceil((now - Date.parse(startDate)) / days(1));
  return Math.min(mostDays, Math.max(fewestDays, passed));
}

const minutesOf = (ms: number): string => (ms / 60_000).toFixed(1);

const textOf = (found: readonly ApiIncrease[]): string =>
  markdownTable(
    ['REPOSITORY', 'WORKFLOW', 'JOB', 'USUAL (MINS)', 'NOW (MINS)', 'INCREASE (MINS)'],
    found.map(({ repository, workflow, name, usualMs, nowMs }) => [
      repository,
      workflow,
      name,
      minutesOf(usualMs),
      minutesOf(nowMs),
      minutesOf(nowMs - usualMs),
    ]),
  );
