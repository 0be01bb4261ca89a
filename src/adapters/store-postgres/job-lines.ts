// For each job by name one line with its newest weeks, `[monday,builds,ms,monday,builds,ms,…]`, so that all of them together can
// be read within milliseconds. A line is read off the rollups of the weeks, in the transaction that changes those.

import { sql } from 'kysely';
import type { DayRange } from '../../domain/insights/calendar.ts';
import { type RollupKey, weeksKept } from '../../domain/insights/rollup.ts';
import type { InsightFilter, JobWeek, JobWeeks } from '../../ports/insight-tables.ts';
import type { Db } from './db.ts';
import { storable } from './tables.ts';

/**
 * Writes the lines of these jobs anew.
 * @param keys in the order of all that is locked; their rollups are written.
 */
export async function putLines(db: Db, keys: readonly RollupKey[]): Promise<void> {
  const column = (field: 'owner' | 'repository' | 'workflow' | 'name') => keys.map((key) => key[field]);
  const named = sql`unnest(${column('owner')}::text[], ${column('repository')}::text[], ${column('workflow')}::text[],
    ${column('name')}::text[]) with ordinality as named (owner, repository, workflow, name, place)`;
  // Two may have counted other weeks of the same job. The second one waits here, and what it reads in the next statement has the
  // weeks of the first.
  await sql`
    insert into job_lines as old (owner, repository, workflow, name, newest, weeks)
    select owner, repository, workflow, name, 0, '[]' from ${named} order by place
    on conflict (owner, repository, workflow, name) do update set newest = old.newest
  `.execute(db);
  await sql`
    update job_lines as line set newest = coalesce(now.newest, 0), weeks = coalesce(now.weeks, '[]')
    from ${named}, lateral (
      select max(day) as newest, '[' || string_agg(concat_ws(',', day, builds, ms), ',' order by day) || ']' as weeks
      from (
        select day, builds, ms from rollups as week
        where kind = 'job' and week.owner = named.owner and week.repository = named.repository
          and week.workflow = named.workflow and week.name = named.name and builds > 0
        order by day desc limit ${weeksKept}
      ) as newest_first
    ) as now
    where line.owner = named.owner and line.repository = named.repository and line.workflow = named.workflow
      and line.name = named.name
  `.execute(db);
}

export async function weeksOf(
  db: Db,
  days: DayRange,
  { owners, repository, workflow, name }: InsightFilter,
): Promise<readonly JobWeeks[]> {
  let query = db
    .selectFrom('job_lines')
    .select(['owner', 'repository', 'workflow', 'name', 'weeks'])
    .where('newest', '>=', days.from);
  if (owners !== undefined)
    query = query.where((is) => is('owner', '=', is.fn.any(is.val(owners.map(storable)))));
  if (repository !== undefined) query = query.where('repository', '=', storable(repository));
  if (workflow !== undefined) query = query.where('workflow', '=', storable(workflow));
  if (name !== undefined) query = query.where('name', '=', storable(name));
  const rows = await query.execute();
  return rows
    .map(({ weeks, ...job }) => ({ ...job, weeks: weeksIn(weeks, days) }))
    .filter(({ weeks }) => weeks.length > 0);
}

function weeksIn(line: string, { from, to }: DayRange): readonly JobWeek[] {
  const numbers = JSON.parse(line) as readonly number[];
  const weeks: JobWeek[] = [];
  for (let at = 0; at < numbers.length; at += 3) {
    const [monday = 0, builds = 0, ms = 0] = [numbers[at], numbers[at + 1], numbers[at + 2]];
    if (monday >= from && monday < to) weeks.push({ monday, builds, ms });
  }
  return weeks;
}
