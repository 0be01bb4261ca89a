import { type Kysely, sql } from 'kysely';

const statements = [
  // Deliveries that were stored together have their bodies in one of their rows; the others point to it. Rows from before have
  // their own, as it came, and point nowhere. See `body-pack.ts`.
  'alter table deliveries alter column body drop not null',
  `alter table deliveries add column pack_at bigint, add column pack_seq bigint,
     add column pack_start integer, add column pack_length integer`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
