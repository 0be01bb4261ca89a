import { type Kysely, sql } from 'kysely';
import type { Job } from '../../../domain/lifecycle/job.ts';
import type { Vm } from '../../../domain/lifecycle/vm.ts';
import type { Repair } from '../../../domain/repair/repair.ts';
import { repairSubject } from '../../../domain/repair/repair.ts';
import { jobSearchText, vmSearchText } from '../../../domain/search/search-text.ts';
import { storable } from '../tables.ts';

const columns = [
  'alter table jobs add column search text collate "C" not null default \'\'',
  'alter table vms add column search text collate "C" not null default \'\'',
  'alter table repairs add column subject text collate "C" not null default \'\'',
];

const indexes = [
  // A search looks through all that its owner has, newest first: in an index alone, without the rows.
  'create index jobs_by_search on jobs (first_seen_at, id) include (owner, state, search)',
  'create index jobs_by_state on jobs (state, first_seen_at, id)',
  'create index vms_by_search on vms (requested_at, id) include (owner, state, search)',
  'create index vms_by_state on vms (state, requested_at, id)',
  'create index vms_by_host on vms (host, requested_at, id)',
  'create index repairs_by_subject on repairs (subject, number)',
];

const perRound = 1_000;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of columns) await sql.raw(statement).execute(db);
  await fill<Job>(db, { table: 'jobs', key: 'id', type: 'bigint', column: 'search', text: jobSearchText });
  await fill<Vm>(db, { table: 'vms', key: 'id', type: 'text', column: 'search', text: vmSearchText });
  await fill<Repair>(db, {
    table: 'repairs',
    key: 'number',
    type: 'bigint',
    column: 'subject',
    text: ({ subject }) => repairSubject(subject),
  });
  for (const statement of indexes) await sql.raw(statement).execute(db);
}

interface Filling<Row> {
  table: string;
  key: string;
  type: 'bigint' | 'text';
  column: string;
  text: (row: Row) => string;
}

/** In the program: what is in `doc` the database itself may refuse to look into (`tables.ts`). */
async function fill<Row>(db: Kysely<unknown>, filling: Filling<Row>): Promise<void> {
  const [table, key, column] = [filling.table, filling.key, filling.column].map((name) => sql.ref(name));
  const type = sql.raw(filling.type);
  for (let last: string | number | undefined; ; ) {
    const { rows } = await sql<{ key: string | number; doc: Row }>`
      select ${key} as key, doc from ${table}
      ${last === undefined ? sql`` : sql`where ${key} > ${last}`} order by ${key} limit ${perRound}
    `.execute(db);
    await sql`
      update ${table} set ${column} = told.text
      from unnest(${rows.map((row) => row.key)}::${type}[], ${rows.map(({ doc }) => storable(filling.text(doc)))}::text[])
        as told (key, text)
      where ${table}.${key} = told.key
    `.execute(db);
    if (rows.length < perRound) return;
    last = rows.at(-1)?.key;
  }
}
