import { type Kysely, sql } from 'kysely';

const statements = [
  // How many jobs are open is asked for each look at the board, foreign ones too, beside all those that are over.
  `create index jobs_open_of_any on jobs (owner, state)
     where state in ('waiting', 'queued', 'running')`,
  // All weeks of each job by name, job by job, for what got slower.
  `create index rollups_by_job on rollups (owner, repository, workflow, name, day) include (builds, ms, longest_ms)
     where kind = 'job'`,
  // What a VM's guest measured; a job finds it by the runner that it had.
  `create table measured (
     scope text not null,
     runner text not null,
     cpu_percent bigint not null,
     memory_mib bigint not null,
     disk_mib bigint not null,
     had_milli_cpus bigint not null,
     had_memory_mib bigint not null,
     had_disk_gib bigint not null,
     primary key (scope, runner)
   )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
