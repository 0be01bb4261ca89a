import { type Kysely, sql } from 'kysely';

const statements = [
  `create table repairs (
     number bigint primary key generated always as identity,
     at bigint not null,
     kind text not null,
     owner text,
     doc json not null
   )`,
  'create index repairs_by_time on repairs (at)',
  'create index repairs_by_kind on repairs (kind, number)',
  'create index repairs_by_owner on repairs (owner, number)',
  'create table loops (loop text primary key, doc json not null)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
