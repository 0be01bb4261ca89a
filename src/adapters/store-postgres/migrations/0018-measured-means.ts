import { type Kysely, sql } from 'kysely';

const statements = [
  // Older guests tell none of them.
  `alter table measured
     add column cpu_percent_mean bigint,
     add column memory_mib_mean bigint,
     add column received_bytes bigint,
     add column sent_bytes bigint`,
  `alter table measured_weeks
     add column mean_ms bigint not null default 0,
     add column cpu_percent_ms bigint not null default 0,
     add column memory_mib_ms bigint not null default 0,
     add column traffic_runs bigint not null default 0,
     add column received_bytes bigint not null default 0,
     add column sent_bytes bigint not null default 0`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
