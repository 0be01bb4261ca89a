import { sql } from 'kysely';
import type {
  ApiToken,
  ApiTokenTable,
  AuditTable,
  PersonTable,
  SessionTable,
} from '../../ports/access-tables.ts';
import type { Db } from './db.ts';
import { storable } from './tables.ts';

export function personTable(db: Db): PersonTable {
  return {
    async get(id) {
      return (await db.selectFrom('people').select('doc').where('id', '=', id).executeTakeFirst())?.doc;
    },
    async put(person) {
      const doc = JSON.stringify(person);
      const row = db.insertInto('people').values({ id: person.id, doc });
      await row.onConflict((conflict) => conflict.column('id').doUpdateSet({ doc })).execute();
    },
  };
}

export function sessionTable(db: Db): SessionTable {
  return {
    async add(session) {
      const { hash, expiresAt } = session;
      const row = { hash, expires_at: expiresAt, doc: JSON.stringify(session) };
      await db.insertInto('sessions').values(row).execute();
    },
    async get(hash, now) {
      const found = db.selectFrom('sessions').select('doc').where('hash', '=', hash);
      return (await found.where('expires_at', '>', now).executeTakeFirst())?.doc;
    },
    async remove(hash) {
      await db.deleteFrom('sessions').where('hash', '=', hash).execute();
    },
    async sweep(now) {
      await db.deleteFrom('sessions').where('expires_at', '<=', now).execute();
    },
  };
}

export function apiTokenTable(db: Db): ApiTokenTable {
  const byId = async (id: string): Promise<ApiToken | undefined> =>
    (await db.selectFrom('api_tokens').select('doc').where('id', '=', storable(id)).executeTakeFirst())?.doc;
  return {
    async add(token) {
      const { id, hash, person = null, createdAt } = token;
      const row = { id, hash, person, created_at: createdAt, doc: JSON.stringify(token) };
      await db.insertInto('api_tokens').values(row).execute();
    },
    async byHash(hash) {
      return (await db.selectFrom('api_tokens').select('doc').where('hash', '=', hash).executeTakeFirst())
        ?.doc;
    },
    byId,
    async revoke(id, at) {
      const same = db.selectFrom('api_tokens').select('doc').where('id', '=', storable(id)).forUpdate();
      const token = (await same.executeTakeFirst())?.doc;
      if (token === undefined || token.revokedAt !== undefined) return false;
      const doc = JSON.stringify({ ...token, revokedAt: at });
      await db.updateTable('api_tokens').set({ doc }).where('id', '=', storable(id)).execute();
      return true;
    },
    async list({ person }, limit, from) {
      let query = db.selectFrom('api_tokens').select('doc').limit(limit);
      if (person !== undefined) query = query.where('person', '=', person);
      if (from !== undefined) {
        const { at, id } = from;
        query = query.where(sql<boolean>`(created_at, id) < (${at}, ${storable(id)})`);
      }
      const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').execute();
      return rows.map((row) => row.doc);
    },
  };
}

export function auditTable(db: Db): AuditTable {
  return {
    async append(entry) {
      const { at, by, action } = entry;
      const row = { at, caller: storable(by), action, doc: JSON.stringify(entry) };
      const { number } = await db
        .insertInto('audit')
        .values(row)
        .returning('number')
        .executeTakeFirstOrThrow();
      return number;
    },
    async finish(number, status) {
      await db.updateTable('audit').set({ status }).where('number', '=', number).execute();
    },
    async list({ by, action, since }, limit, before) {
      let query = db
        .selectFrom('audit')
        .select(['number', 'status', 'doc'])
        .orderBy('number', 'desc')
        .limit(limit);
      if (by !== undefined) query = query.where('caller', '=', storable(by));
      if (action !== undefined) query = query.where('action', '=', action);
      if (since !== undefined) query = query.where('at', '>=', since);
      if (before !== undefined) query = query.where('number', '<', before);
      const rows = await query.execute();
      return rows.map(({ number, status, doc }) => ({ ...doc, number, ...(status !== null && { status }) }));
    },
  };
}
