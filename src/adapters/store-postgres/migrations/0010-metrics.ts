import { type Kysely, sql } from 'kysely';

const statements = [
  // The metrics count what is open, and what has gone since they were asked for last.
  `create index jobs_open_by_owner on jobs (owner, state, first_seen_at)
   where served and state in ('waiting', 'queued', 'running')`,
  "create index vms_gone on vms (since) where state = 'gone'",
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
