import { accountsOf, type Incident } from '../../domain/attribution/incident.ts';
import type { StreamKey } from '../../domain/attribution/sample.ts';
import type { Stream } from '../../domain/attribution/stream.ts';
import type {
  AttributionTable,
  IncidentFilter,
  NumberedNote,
  RepositoryStreams,
} from '../../ports/incident-tables.ts';
import { frozenCopy } from './frozen.ts';
import { by } from './order.ts';
import { createRows } from './rows.ts';
import type { Participant, Session } from './session.ts';

export function createAttributionTable(): {
  participant: Participant;
  in(session: Session): AttributionTable;
} {
  const notes = createRows<NumberedNote, 'all'>({
    all: { keyOf: () => '', order: by(({ number }) => number) },
  });
  const streams = createRows<{ key: StreamKey; stream: Stream }, 'all'>({
    all: { keyOf: () => '', order: by(({ key }) => key) },
  });
  const incidents = createRows<Incident, 'all'>({
    all: {
      keyOf: () => '',
      order: by(
        ({ openedAt }) => openedAt,
        ({ id }) => id,
      ),
    },
  });
  const all = [notes, streams, incidents];
  return {
    participant: {
      commit: (session) => all.forEach((rows) => void rows.commit(session)),
      rollback: (session) => all.forEach((rows) => void rows.rollback(session)),
      snapshot() {
        const ways = all.map((rows) => rows.snapshot());
        return () => ways.forEach((back) => void back());
      },
    },
    in: (session) => ({
      note: (note) =>
        session.statement(() => {
          const number = notes.nextNumber();
          notes.put(session, `${number}`, Object.freeze({ ...note, number }));
        }),
      notes: (limit) => session.statement(() => notes.select(session, 'all', '', { limit })),
      forget: (numbers) =>
        session.statement(() => {
          for (const number of numbers) notes.remove(session, `${number}`);
        }),
      streams: (of) =>
        session.statement(() => {
          const found = streams.select(session, 'all', '');
          const asked = of === undefined ? found : found.filter((one) => isAskedFor(one, of));
          return new Map(asked.map(({ key, stream }) => [key, stream]));
        }),
      putStreams: (changed) =>
        session.statement(async () => {
          for (const [key, stream] of changed) {
            await session.lock(`stream ${key}`);
            streams.put(session, key, frozenCopy({ key, stream }));
          }
        }),
      putIncident: (incident) =>
        session.statement(async () => {
          await session.lock(`incident ${incident.id}`);
          incidents.put(session, incident.id, frozenCopy(incident));
          const { id } = incident;
          const accounts = accountsOf(incident);
          const whom = accounts.length === 0 ? [{ owner: undefined }] : accounts.map((owner) => ({ owner }));
          for (const { owner } of whom)
            session.changes.set(`incident ${id} ${owner ?? ''}`, {
              kind: 'incident',
              id,
              ...(owner !== undefined && { owner }),
            });
        }),
      incident: (id) => session.statement(() => incidents.get(session, id)),
      incidents: (filter, limit) =>
        session.statement(() =>
          incidents.select(session, 'all', '', {
            newestFirst: true,
            limit,
            where: (incident) => passes(incident, filter),
          }),
        ),
    }),
  };
}

/** The account stands between the colon and the first slash. */
function isAskedFor(
  { key, stream }: { key: StreamKey; stream: Stream },
  { since, owners }: RepositoryStreams,
): boolean {
  const [, , subject = ''] = key.split(' ');
  if (!subject.startsWith('repository:')) return true;
  const account = subject.split(':')[1]?.split('/')[0] ?? '';
  return stream.lastAt >= since && (owners === undefined || owners.includes(account));
}

const passes = (incident: Incident, { owners, open, whose, since }: IncidentFilter): boolean =>
  (open !== true || incident.closedAt === undefined) &&
  (whose === undefined || whose.includes(incident.owner)) &&
  (since === undefined || incident.closedAt === undefined || incident.closedAt >= since) &&
  (owners === undefined || accountsOf(incident).some((account) => owners.includes(account)));
