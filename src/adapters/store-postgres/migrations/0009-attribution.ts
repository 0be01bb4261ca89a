import { type Kysely, sql } from 'kysely';

const statements = [
  `create table attribution_notes (
     number bigint generated always as identity primary key,
     doc jsonb not null
   )`,
  `create table attribution_streams (
     key text collate "C" primary key,
     doc jsonb not null
   )`,
  `create table incidents (
     id text collate "C" primary key,
     opened_at bigint not null,
     closed_at bigint,
     accounts text[] not null,
     doc jsonb not null
   )`,
  'create index incidents_by_time on incidents (opened_at desc, id desc)',
  'create index incidents_open on incidents (opened_at) where closed_at is null',
  'create index incidents_by_account on incidents using gin (accounts)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
