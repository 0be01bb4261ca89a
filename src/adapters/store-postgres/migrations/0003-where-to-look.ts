import { type Kysely, sql } from 'kysely';

const statements = [
  // The poll asks where jobs are open, the sweep in which scopes runners were ever registered.
  `create index jobs_open on jobs (repository)
     where state in ('waiting', 'queued', 'running') and served`,
  'create index vms_by_scope on vms (scope, requested_at desc, id desc)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
