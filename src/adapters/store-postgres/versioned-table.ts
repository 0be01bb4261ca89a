import { type RawBuilder, sql } from 'kysely';
import { type Change, StaleWriteError } from '../../ports/store.ts';
import type { Db } from './db.ts';

/** How rows of a table are written: their id, their version, and the columns by which they are found. */
export interface Versioning<Id, Row> {
  table: 'jobs' | 'vms' | 'hosts';
  idOf: (row: Row) => Id;
  versionOf: (row: Row) => number;
  raised: (row: Row) => Row;
  columns: (row: Row) => Readonly<Record<string, string | number | boolean | null>>;
  changeOf: (row: Row) => Change;
}

/** Notes that a row was written. */
export type NoteChange = (change: Change) => void;

export function versionedTable<Id extends string | number, Row>(
  db: Db,
  { table, idOf, versionOf, raised, columns, changeOf }: Versioning<Id, Row>,
  note: NoteChange,
) {
  const name = sql.table(table);
  const values = (row: Row): [RawBuilder<unknown>, unknown][] =>
    Object.entries({
      id: idOf(row),
      version: versionOf(row),
      ...columns(row),
      doc: JSON.stringify(row),
    }).map(([column, value]) => [sql.ref(column), value]);
  const read = async (query: RawBuilder<{ doc: Row }>): Promise<Row | undefined> =>
    (await query.execute(db)).rows[0]?.doc;

  return {
    get: (id: Id) => read(sql<{ doc: Row }>`select doc from ${name} where id = ${id}`),
    lockRow: (id: Id) => read(sql<{ doc: Row }>`select doc from ${name} where id = ${id} for update`),
    async insert(row: Row): Promise<boolean> {
      const all = values(row);
      const { numAffectedRows } = await sql`
        insert into ${name} (${sql.join(all.map(([column]) => column))})
        values (${sql.join(all.map(([, value]) => value))}) on conflict (id) do nothing
      `.execute(db);
      if (numAffectedRows === 1n) note(changeOf(row));
      return numAffectedRows === 1n;
    },
    async remove(id: Id): Promise<void> {
      const { rows } = await sql<{ doc: Row }>`delete from ${name} where id = ${id} returning doc`.execute(
        db,
      );
      for (const { doc } of rows) note(changeOf(doc));
    },
    async update(row: Row): Promise<void> {
      const sets = values(raised(row)).map(([column, value]) => sql`${column} = ${value}`);
      const { numAffectedRows } = await sql`
        update ${name} set ${sql.join(sets)} where id = ${idOf(row)} and version = ${versionOf(row)}
      `.execute(db);
      if (numAffectedRows !== 1n) {
        throw new StaleWriteError(`${table} ${idOf(row)} has changed since it was read`);
      }
      note(changeOf(row));
    },
  };
}
