import { type Kysely, sql } from 'kysely';

/** What measured runs add up to, from nothing. */
export const measuredWeeksStatement = `insert into measured_weeks
   select day - (day + 3) % 7, owner, repository, workflow, name, labels, had_milli_cpus, had_memory_mib, had_disk_gib,
     count(*), sum(ms), max(cpu_percent), max(memory_mib), max(disk_mib)
   from insight_jobs join measured using (scope, runner), lateral (select (ended_at / 86400000)::integer as day) as ended
   where ms > 0 group by 1, 2, 3, 4, 5, 6, 7, 8, 9`;

const statements = [
  // Advice looks at some weeks of all jobs: by the week first, since there may be years of them.
  `create table measured_weeks (
     monday integer not null,
     owner text collate "C" not null,
     repository text collate "C" not null,
     workflow text collate "C" not null,
     name text collate "C" not null,
     labels text collate "C" not null,
     had_milli_cpus bigint not null,
     had_memory_mib bigint not null,
     had_disk_gib bigint not null,
     runs bigint not null,
     ms bigint not null,
     cpu_percent bigint not null,
     memory_mib bigint not null,
     disk_mib bigint not null
   )`,
  // A label set may be longer than an index entry.
  `create unique index measured_weeks_key on measured_weeks (monday, owner, repository, workflow, name, md5(labels),
     had_milli_cpus, had_memory_mib, had_disk_gib)`,
  // Whose run it was that a guest measures.
  'create index insight_jobs_by_runner on insight_jobs (runner, scope) where runner is not null',
  measuredWeeksStatement,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
