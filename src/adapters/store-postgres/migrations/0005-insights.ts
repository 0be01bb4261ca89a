import { type Kysely, sql } from 'kysely';

const statements = [
  `create table insight_jobs (
     job bigint primary key,
     owner text collate "C" not null,
     repository text collate "C" not null,
     workflow text collate "C" not null,
     name text collate "C" not null,
     actor text collate "C" not null,
     ended text not null,
     ended_at bigint not null,
     ms bigint not null,
     wait_ms bigint not null,
     sha text not null,
     labels text not null,
     scope text not null,
     runner text
   )`,
  'create index insight_jobs_by_owner on insight_jobs (owner, ended_at)',
  'create index insight_jobs_by_time on insight_jobs (ended_at)',
  'create index insight_jobs_by_name on insight_jobs (repository, workflow, name, ended_at)',
  `create table rollups (
     kind text collate "C" not null,
     owner text collate "C" not null,
     day integer not null,
     repository text collate "C" not null,
     workflow text collate "C" not null,
     name text collate "C" not null,
     builds bigint not null,
     ms bigint not null,
     longest_ms bigint not null,
     success bigint not null,
     failure bigint not null,
     cancelled bigint not null,
     skipped bigint not null,
     other bigint not null,
     primary key (kind, owner, day, repository, workflow, name)
   )`,
  // The board of every account together reads one kind over some days.
  'create index rollups_by_day on rollups (kind, day)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
