import { type Kysely, sql } from 'kysely';

const statements = [
  // The key is a hash: label sets come from workflow files and may be longer than an index takes.
  'create table wait_notices (key text primary key, doc json not null)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
