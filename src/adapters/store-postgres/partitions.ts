// Deliveries are kept by the day and history by the month, so that what is too old goes with its partition, at once and
// without a trace. A partition is made by the first write that needs it, or ahead of time.

import { type Kysely, sql } from 'kysely';
import { type Instant, instantOf } from '../../domain/time.ts';
import { lockNumber } from './hashes.ts';
import type { Tables } from './tables.ts';

type Partitioned = 'deliveries' | 'history';

interface Partition {
  table: Partitioned;
  name: string;
  from: Instant;
  /** Exclusive. */
  to: Instant;
}

/** What a partition of deliveries holds. */
export const dayMs = 86_400_000;

/** The partition in which rows of `at` lie. Days and months are those of UTC. */
export function partitionOf(table: Partitioned, at: Instant): Partition {
  const date = new Date(at);
  const digits = date.toISOString().replace(/^[+-]/, '').replaceAll('-', '');
  if (table === 'deliveries') {
    const from = Math.floor(at / dayMs) * dayMs;
    const name = `deliveries_${digits.slice(0, digits.indexOf('T'))}`;
    return { table, name, from: instantOf(from), to: instantOf(from + dayMs) };
  }
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const name = `history_${digits.slice(0, digits.indexOf('T') - 2)}`;
  const [from, to] = [Date.UTC(year, month), Date.UTC(year, month + 1)];
  return { table, name, from: instantOf(from), to: instantOf(to) };
}

export interface Partitions {
  /** Whether all partitions of these times are known to be there. */
  haveAll(table: Partitioned, times: readonly Instant[]): boolean;
  /** Makes the partitions of these times where they are missing, in the transaction `tx`. */
  provide(tx: Kysely<Tables>, table: Partitioned, times: readonly Instant[]): Promise<void>;
  /** Forgets what it knew; called when a partition turned out to be missing. */
  forget(): void;
}

/**
 * Remembers which partitions are there, so that most writes ask nothing. It may be wrong, when somebody drops one or when
 * the transaction that made it is rolled back: then a write fails, and `forget` lets it be run again.
 */
export function createPartitions(): Partitions {
  const known = new Set<string>();
  return {
    haveAll: (table, times) => times.every((at) => known.has(partitionOf(table, at).name)),
    async provide(tx, table, times) {
      const missing = new Map<string, Partition>();
      for (const at of times) {
        const partition = partitionOf(table, at);
        if (!known.has(partition.name)) missing.set(partition.name, partition);
      }
      for (const partition of missing.values()) {
        if (await exists(tx, partition)) known.add(partition.name);
        else await make(tx, partition);
      }
    },
    forget: () => known.clear(),
  };
}

// Not by `to_regclass`: it may answer from what the session knew before it waited for somebody else's transaction.
async function exists(tx: Kysely<Tables>, { name }: Partition): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`
    select exists (select from pg_class where relname = ${name} and pg_table_is_visible(oid)) as there
  `.execute(tx);
  return rows[0]?.there === true;
}

async function make(tx: Kysely<Tables>, partition: Partition): Promise<void> {
  const { table, name, from, to } = partition;
  await sql`select pg_advisory_xact_lock(${lockNumber(`partitions of ${table}`)}::bigint)`.execute(tx);
  if (await exists(tx, partition)) return;
  // Attaching locks out neither readers nor writers of the table; `create table … partition of` would.
  await sql`create table ${sql.table(name)} (like ${sql.table(table)} including all)`.execute(tx);
  await sql`alter table ${sql.table(table)} attach partition ${sql.table(name)}
            for values from (${sql.lit(from)}) to (${sql.lit(to)})`.execute(tx);
}

/**
 * Drops the partitions of `table` that end before `before`, and the GUIDs of their deliveries with them. A day with
 * deliveries that nobody has looked at yet stays. Gives the names of what was dropped.
 */
export async function dropBefore(
  db: Kysely<Tables>,
  table: Partitioned,
  before: Instant,
): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = to_regclass(${table}) order by c.relname
  `.execute(db);
  const dropped: string[] = [];
  for (const { name } of rows) {
    const partition = partitionNamed(table, name);
    if (partition === undefined || partition.to > before) continue;
    if (await db.transaction().execute((tx) => drop(tx, partition))) dropped.push(name);
  }
  return dropped;
}

async function drop(tx: Kysely<Tables>, { table, name, from, to }: Partition): Promise<boolean> {
  // Dropping waits for all who use the table, and all who come later wait for it: not for long.
  await sql`set local lock_timeout = '2s'`.execute(tx);
  if (table === 'deliveries') {
    const { rows } = await sql<{ unseen: boolean }>`
      select exists (select from ${sql.table(name)} where state = 'new') as unseen
    `.execute(tx);
    if (rows[0]?.unseen === true) return false;
    await tx
      .deleteFrom('delivery_guids')
      .where('received_at', '>=', from)
      .where('received_at', '<', to)
      .execute();
  }
  await sql`drop table ${sql.table(name)}`.execute(tx);
  return true;
}

function partitionNamed(table: Partitioned, name: string): Partition | undefined {
  const [, year, month, day] = /_(\d{4})(\d{2})(\d{2})?$/.exec(name) ?? [];
  if (year === undefined || month === undefined) return undefined;
  const at = Date.UTC(Number(year), Number(month) - 1, day === undefined ? 1 : Number(day));
  return partitionOf(table, instantOf(at));
}
