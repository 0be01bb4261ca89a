// Migrations go forward only. They run at each start, under an advisory lock, so that several processes may start at once;
// all that are missing run in one transaction.

import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { up as firstTables } from './migrations/0001-first-tables.ts';
import { up as repairs } from './migrations/0002-repairs.ts';
import { up as whereToLook } from './migrations/0003-where-to-look.ts';
import { up as access } from './migrations/0004-access.ts';
import { up as insights } from './migrations/0005-insights.ts';
import { up as lists } from './migrations/0007-lists.ts';
import { up as insightLookups } from './migrations/0008-insight-lookups.ts';
import { up as attribution } from './migrations/0009-attribution.ts';
import { up as metrics } from './migrations/0010-metrics.ts';
import { up as hostVitals } from './migrations/0011-host-vitals.ts';
import { up as jobLines } from './migrations/0012-job-lines.ts';
import { up as waitNotices } from './migrations/0013-wait-notices.ts';
import { up as measuredWeeks } from './migrations/0016-measured-weeks.ts';
import { up as packedBodies } from './migrations/0017-packed-bodies.ts';
import { up as measuredMeans } from './migrations/0018-measured-means.ts';

const migrations: Readonly<Record<string, Migration>> = {
  '0001-first-tables': { up: firstTables },
  '0002-repairs': { up: repairs },
  '0003-where-to-look': { up: whereToLook },
  '0004-access': { up: access },
  '0005-insights': { up: insights },
  '0007-lists': { up: lists },
  '0008-insight-lookups': { up: insightLookups },
  '0009-attribution': { up: attribution },
  '0010-metrics': { up: metrics },
  '0011-host-vitals': { up: hostVitals },
  '0012-job-lines': { up: jobLines },
  '0013-wait-notices': { up: waitNotices },
  '0016-measured-weeks': { up: measuredWeeks },
  '0017-packed-bodies': { up: packedBodies },
  '0018-measured-means': { up: measuredMeans },
};

const table = 'migrations';

/** @throws Error in words for the operator when the server or the data is not for this version of Bellows. */
export async function migrate<T>(db: Kysely<T>, place: string): Promise<void> {
  await checkServer(db, place);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
  });
  const unknown = await newerMigrations(db);
  if (unknown.length > 0) {
    throw new Error(
      `The database (${place}) was last used by a newer Bellows (it has ${unknown.join(', ')}). Start that version or a newer one; there is no way back but a backup.`,
    );
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined)
    throw new Error(`cannot bring the database (${place}) up to date`, { cause: error });
}

async function checkServer<T>(db: Kysely<T>, place: string): Promise<void> {
  const { rows } = await sql<{ version: string; encoding: string }>`
    select current_setting('server_version_num') as version, current_setting('server_encoding') as encoding
  `.execute(db);
  const [server] = rows;
  if (server === undefined) return;
  if (Number(server.version) < 150_000) {
    const major = Math.floor(Number(server.version) / 10_000);
    throw new Error(`PostgreSQL ${major} (${place}) is too old for Bellows: it needs 15 or newer.`);
  }
  if (server.encoding !== 'UTF8') {
    throw new Error(
      `The database (${place}) has the encoding ${server.encoding}, and Bellows needs UTF8: make one with \`createdb --encoding=UTF8 --template=template0\`.`,
    );
  }
}

async function newerMigrations<T>(db: Kysely<T>): Promise<string[]> {
  const found = await sql<{ there: boolean }>`select to_regclass(${table}) is not null as there`.execute(db);
  if (found.rows[0]?.there !== true) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(table)}`.execute(db);
  return rows.map((row) => row.name).filter((name) => !(name in migrations));
}
