import { type Kysely, sql } from 'kysely';

const statements = [
  'create table people (id bigint primary key, doc json not null)',
  'create table sessions (hash text primary key, expires_at bigint not null, doc json not null)',
  'create index sessions_by_end on sessions (expires_at)',
  `create table api_tokens (
     id text collate "C" primary key,
     hash text not null unique,
     person bigint,
     created_at bigint not null,
     doc json not null
   )`,
  'create index api_tokens_by_time on api_tokens (created_at, id)',
  'create index api_tokens_by_person on api_tokens (person, created_at, id)',
  `create table audit (
     number bigint primary key generated always as identity,
     at bigint not null,
     caller text not null,
     action text not null,
     status integer,
     doc json not null
   )`,
  'create index audit_by_time on audit (at)',
  'create index audit_by_caller on audit (caller, number)',
  'create index audit_by_action on audit (action, number)',
  // A member of several organisations reads the newest VMs of each of them.
  'create index vms_by_owner on vms (owner, requested_at, id)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
