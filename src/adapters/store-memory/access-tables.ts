import type {
  ApiToken,
  ApiTokenTable,
  AuditLine,
  AuditTable,
  LoginSession,
  Person,
  PersonTable,
  SessionTable,
} from '../../ports/access-tables.ts';
import { frozenCopy } from './frozen.ts';
import { by } from './order.ts';
import { createRows, type Rows } from './rows.ts';
import type { Participant, Session } from './session.ts';

interface Table<T> {
  participant: Participant;
  in(session: Session): T;
}

export function createPersonTable(): Table<PersonTable> {
  const rows = createRows<Person>({});
  return {
    participant: rows,
    in: (session) => ({
      get: (id) => session.statement(() => rows.get(session, `${id}`)),
      put: (person) =>
        session.statement(async () => {
          await session.lock(`person ${person.id}`);
          rows.put(session, `${person.id}`, frozenCopy(person));
        }),
    }),
  };
}

export function createSessionTable(): Table<SessionTable> {
  const rows = createRows<LoginSession, 'end'>({
    end: {
      keyOf: () => '',
      order: by(
        ({ expiresAt }) => expiresAt,
        ({ hash }) => hash,
      ),
    },
  });
  return {
    participant: rows,
    in: (session) => {
      const remove = async (hash: string): Promise<void> => {
        if (rows.get(session, hash) === undefined) return;
        await session.lock(`session ${hash}`);
        rows.remove(session, hash);
      };
      return {
        add: (added) => session.statement(() => rows.put(session, added.hash, frozenCopy(added))),
        get: (hash, now) =>
          session.statement(() => {
            const found = rows.get(session, hash);
            return found !== undefined && found.expiresAt > now ? found : undefined;
          }),
        remove: (hash) => session.statement(() => remove(hash)),
        sweep: (now) =>
          session.statement(async () => {
            const ended = rows.select(session, 'end', '', { while: ({ expiresAt }) => expiresAt <= now });
            for (const { hash } of ended) await remove(hash);
          }),
      };
    },
  };
}

export function createApiTokenTable(): Table<ApiTokenTable> {
  const order = by<ApiToken>(
    ({ createdAt }) => createdAt,
    ({ id }) => id,
  );
  const rows = createRows<ApiToken, 'all' | 'hash' | 'person'>({
    all: { keyOf: () => '', order },
    hash: { keyOf: ({ hash }) => hash, order },
    person: { keyOf: ({ person }) => (person === undefined ? undefined : `${person}`), order },
  });
  return {
    participant: rows,
    in: (session) => ({
      add: (token) => session.statement(() => rows.put(session, token.id, frozenCopy(token))),
      byHash: (hash) => session.statement(() => rows.select(session, 'hash', hash)[0]),
      byId: (id) => session.statement(() => rows.get(session, id)),
      revoke: (id, at) =>
        session.statement(async () => {
          if (rows.get(session, id) === undefined) return false;
          await session.lock(`token ${id}`);
          const token = rows.get(session, id);
          if (token === undefined || token.revokedAt !== undefined) return false;
          rows.put(session, id, frozenCopy({ ...token, revokedAt: at }));
          return true;
        }),
      list: ({ person }, limit, from) =>
        session.statement(() => {
          const where = ({ createdAt, id }: ApiToken): boolean =>
            from === undefined || createdAt < from.at || (createdAt === from.at && id < from.id);
          const selection = { newestFirst: true, limit, where };
          return person === undefined
            ? rows.select(session, 'all', '', selection)
            : rows.select(session, 'person', `${person}`, selection);
        }),
    }),
  };
}

export function createAuditTable(): {
  participant: Rows<AuditLine, 'all'>;
  in(session: Session): AuditTable;
} {
  const rows = createRows<AuditLine, 'all'>({ all: { keyOf: () => '', order: by(({ number }) => number) } });
  return {
    participant: rows,
    in: (session) => ({
      append: (entry) =>
        session.statement(() => {
          const number = rows.nextNumber();
          rows.put(session, `${number}`, frozenCopy({ ...entry, number }));
          return number;
        }),
      finish: (number, status) =>
        session.statement(async () => {
          if (rows.get(session, `${number}`) === undefined) return;
          await session.lock(`audit ${number}`);
          const line = rows.get(session, `${number}`);
          if (line !== undefined) rows.put(session, `${number}`, frozenCopy({ ...line, status }));
        }),
      list: (filter, limit, before = Number.POSITIVE_INFINITY) =>
        session.statement(() =>
          rows.select(session, 'all', '', {
            newestFirst: true,
            limit,
            where: (line) =>
              line.number < before &&
              (filter.by === undefined || line.by === filter.by) &&
              (filter.action === undefined || line.action === filter.action) &&
              (filter.since === undefined || line.at >= filter.since),
          }),
        ),
    }),
  };
}
