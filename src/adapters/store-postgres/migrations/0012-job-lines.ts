import { type Kysely, sql } from 'kysely';

/** The line of each job by name, from the rollups of its weeks. */
export const jobLinesStatement = `insert into job_lines
   select owner, repository, workflow, name, max(day), '[' || string_agg(concat_ws(',', day, builds, ms), ',' order by day) || ']'
   from (
     select *, row_number() over (partition by owner, repository, workflow, name order by day desc) as place
     from rollups where kind = 'job' and builds > 0
   ) as numbered
   where place <= 26 group by 1, 2, 3, 4`;

// What got slower is asked of every job by name with all its weeks: as one short line for each it is read ten times as fast as
// from the rollups of the weeks. See `job-lines.ts`.
const statements = [
  `create table job_lines (
     owner text collate "C" not null,
     repository text collate "C" not null,
     workflow text collate "C" not null,
     name text collate "C" not null,
     newest integer not null,
     weeks text not null,
     primary key (owner, repository, workflow, name)
   )`,
  // Jobs that were renamed stay, and are of no interest any more.
  'create index job_lines_by_newest on job_lines (newest)',
  jobLinesStatement,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
