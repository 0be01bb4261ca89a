import { sql } from 'kysely';
import { accountsOf, type Incident } from '../../domain/attribution/incident.ts';
import type { AttributionTable, IncidentFilter, RepositoryStreams } from '../../ports/incident-tables.ts';
import type { Db } from './db.ts';
import { storable } from './tables.ts';
import type { NoteChange } from './versioned-table.ts';

export function attributionTable(db: Db, note: NoteChange): AttributionTable {
  return {
    async note(note) {
      await db
        .insertInto('attribution_notes')
        .values({ doc: JSON.stringify(note) })
        .execute();
    },
    async notes(limit) {
      const rows = await db
        .selectFrom('attribution_notes')
        .select(['number', 'doc'])
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map(({ number, doc }) => ({ ...doc, number }));
    },
    async forget(numbers) {
      if (numbers.length === 0) return;
      await db
        .deleteFrom('attribution_notes')
        .where((is) => is('number', '=', is.fn.any(is.val([...numbers]))))
        .execute();
    },
    async streams(of) {
      let query = db.selectFrom('attribution_streams').select('doc').orderBy('key');
      if (of !== undefined) query = query.where(isAskedFor(of));
      const rows = await query.execute();
      return new Map(rows.map(({ doc: { key, stream } }) => [key, stream]));
    },
    async putStreams(streams) {
      if (streams.size === 0) return;
      const rows = [...streams].map(([key, stream]) => ({
        key: storable(key),
        doc: storableJson({ key, stream }),
      }));
      await db
        .insertInto('attribution_streams')
        .values(rows)
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet((is) => ({ doc: is.ref('excluded.doc') })),
        )
        .execute();
    },
    async putIncident(incident) {
      const row = {
        opened_at: incident.openedAt,
        closed_at: incident.closedAt ?? null,
        accounts: accountsOf(incident).map(storable),
        doc: storableJson(incident),
      };
      await db
        .insertInto('incidents')
        .values({ id: incident.id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
      const whom = row.accounts.length === 0 ? [{}] : row.accounts.map((owner) => ({ owner }));
      for (const one of whom) note({ kind: 'incident', id: incident.id, ...one });
    },
    async incident(id) {
      const row = await db
        .selectFrom('incidents')
        .select('doc')
        .where('id', '=', storable(id))
        .executeTakeFirst();
      return row?.doc;
    },
    incidents: (filter, limit) => listIncidents(db, filter, limit),
  };
}

async function listIncidents(
  db: Db,
  { owners, open, whose, since }: IncidentFilter,
  limit: number,
): Promise<readonly Incident[]> {
  let query = db
    .selectFrom('incidents')
    .select('doc')
    .orderBy('opened_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (open === true) query = query.where('closed_at', 'is', null);
  if (whose !== undefined) query = query.where(sql<boolean>`doc->>'owner' = any(${[...whose]}::text[])`);
  if (since !== undefined)
    query = query.where((is) => is.or([is('closed_at', 'is', null), is('closed_at', '>=', since)]));
  if (owners !== undefined) query = query.where(sql<boolean>`accounts && ${owners.map(storable)}::text[]`);
  return (await query.execute()).map(({ doc }) => doc);
}

/** Names come from workflow files: JSON escapes what a text column would refuse, and jsonb refuses it all the same. */
const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part) : part));

/** The account stands between the colon and the first slash. */
const isAskedFor = ({ since, owners }: RepositoryStreams) => {
  const lately = sql<boolean>`(doc->'stream'->>'lastAt')::numeric >= ${since}`;
  const account = sql<string>`split_part(split_part(split_part(key, ' ', 3), ':', 2), '/', 1)`;
  const theirs = owners === undefined ? sql<boolean>`true` : sql<boolean>`${account} = any(${[...owners]})`;
  return sql<boolean>`(split_part(key, ' ', 3) not like 'repository:%' or (${lately} and ${theirs}))`;
};
