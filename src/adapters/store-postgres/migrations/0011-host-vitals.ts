import { type Kysely, sql } from 'kysely';

const statements = [
  // Overwritten every half minute: room in each page keeps the new version beside the old one.
  `create table host_vitals (
     host text collate "C" primary key,
     doc json not null
   ) with (fillfactor = 50)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
