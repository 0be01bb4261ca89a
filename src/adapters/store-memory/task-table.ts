// Effects and deadlines. Of one thing at most one free row exists: the key `free task …` stands for the entry in
// PostgreSQL's unique index, and who changes a free row holds it. A taken row is guarded by its own lock.

import { taskId } from '../../domain/ids.ts';
import type { Deadline, Effect } from '../../domain/lifecycle/effects.ts';
import { taskKey } from '../../domain/lifecycle/task-key.ts';
import type { Instant } from '../../domain/time.ts';
import type { Task, TaskTable } from '../../ports/store.ts';
import { frozenCopy } from './frozen.ts';
import { by } from './order.ts';
import { createRows, type Rows } from './rows.ts';
import type { Session } from './session.ts';

interface TaskRow extends Task {
  key: string;
  sequence: number;
  lease: { owner: string; until: Instant } | undefined;
  /** Taken, and in the meantime `setDeadline` said when it is really due: it must not come back. */
  superseded: boolean;
}

/** When a row can be taken: not before it is due, and not while somebody holds it. */
const claimableAt = (row: TaskRow): number => Math.max(row.dueAt, row.lease?.until ?? row.dueAt);

const nextFirst = by<TaskRow>(claimableAt, (row) => row.sequence);
const dueFirst = by<TaskRow>(
  (row) => row.dueAt,
  (row) => row.sequence,
);

type TaskRows = Rows<TaskRow, 'all' | 'free' | 'taken'>;

export function createTaskTable(): { participant: TaskRows; in(session: Session): TaskTable } {
  const rows = createRows<TaskRow, 'all' | 'free' | 'taken'>({
    all: { keyOf: () => '', order: nextFirst },
    free: { keyOf: ({ key, lease }) => (lease === undefined ? key : undefined), order: nextFirst },
    taken: { keyOf: ({ key, lease }) => (lease === undefined ? undefined : key), order: nextFirst },
  });
  const insert = (session: Session, what: Effect | Deadline, dueAt: Instant): void => {
    const sequence = rows.nextNumber();
    const id = taskId(`${sequence}`);
    const fresh = { id, sequence, key: taskKey(what), what: frozenCopy(what), dueAt };
    rows.put(session, id, { ...fresh, attempts: 0, lastError: '', lease: undefined, superseded: false });
  };
  return {
    participant: rows,
    in: (session) => ({
      enqueue: (what, dueAt) =>
        session.statement(async () => {
          const free = await lockFree(rows, session, taskKey(what));
          if (free === undefined) insert(session, what, dueAt);
          else if (dueAt < free.dueAt) rows.put(session, free.id, { ...free, dueAt });
        }),
      isTaken: (what) => session.statement(() => rows.count(session, 'taken', taskKey(what)) > 0),
      setDeadline: (deadline, dueAt) =>
        session.statement(async () => {
          const free = await lockFree(rows, session, taskKey(deadline));
          if (free !== undefined) rows.remove(session, free.id);
          if (dueAt !== undefined) insert(session, deadline, dueAt);
          await supersede(rows, session, taskKey(deadline));
        }),
      claim: (claim) => session.statement(() => take(rows, session, claim)),
      renew: (id, owner, until) =>
        session.statement(async () => {
          const row = await lockHeld(rows, session, id, owner);
          if (row !== undefined) rows.put(session, id, { ...row, lease: { owner, until } });
          return row !== undefined;
        }),
      complete: (id, owner) =>
        session.statement(async () => {
          const row = await lockHeld(rows, session, id, owner);
          if (row !== undefined) rows.remove(session, id);
          return row !== undefined;
        }),
      release: (id, owner, dueAt, error) =>
        session.statement(async () => {
          const row = await lockHeld(rows, session, id, owner);
          if (row !== undefined) {
            await setFree(rows, session, { ...row, dueAt, lastError: error, lease: undefined });
          }
        }),
      nextDue: () =>
        session.statement(() => {
          const [next] = rows.select(session, 'all', '', { limit: 1 });
          return next === undefined || next.lease === undefined || next.lease.until < next.dueAt
            ? next?.dueAt
            : next.lease.until;
        }),
      list: (limit) =>
        session.statement(() =>
          rows
            .select(session, 'all', '', { where: (row) => !row.superseded })
            .sort(dueFirst)
            .slice(0, limit)
            .map(given),
        ),
    }),
  };
}

async function lockFree(rows: TaskRows, session: Session, key: string): Promise<TaskRow | undefined> {
  await session.lock(`free task ${key}`);
  return rows.select(session, 'free', key)[0];
}

/** The row, if `owner` still holds it. */
async function lockHeld(
  rows: TaskRows,
  session: Session,
  id: string,
  owner: string,
): Promise<TaskRow | undefined> {
  if (rows.get(session, id)?.lease?.owner !== owner) return undefined;
  await session.lock(`task ${id}`);
  const row = rows.get(session, id);
  return row?.lease?.owner === owner ? row : undefined;
}

async function supersede(rows: TaskRows, session: Session, key: string): Promise<void> {
  for (const { id } of rows.select(session, 'taken', key)) {
    await session.lock(`task ${id}`);
    const row = rows.get(session, id);
    if (row?.lease !== undefined) rows.put(session, id, { ...row, superseded: true });
  }
}

/** Gives a row back. If the same was asked for meanwhile, the two become one. */
async function setFree(rows: TaskRows, session: Session, released: TaskRow): Promise<void> {
  if (released.superseded) return rows.remove(session, released.id);
  const free = await lockFree(rows, session, released.key);
  if (free !== undefined) rows.remove(session, released.id);
  const { attempts, lastError } = released;
  const dueAt = free !== undefined && free.dueAt < released.dueAt ? free.dueAt : released.dueAt;
  rows.put(session, (free ?? released).id, { ...(free ?? released), dueAt, attempts, lastError });
}

function take(rows: TaskRows, session: Session, claim: Parameters<TaskTable['claim']>[0]): Task[] {
  const { owner, now, limit, leaseUntil, kinds, retryAt } = claim;
  const due = {
    while: (row: TaskRow): boolean => claimableAt(row) <= now,
    where: (row: TaskRow): boolean => kinds === undefined || kinds.includes(row.what.kind),
  };
  const taken: Task[] = [];
  for (const row of rows.select(session, 'all', '', due)) {
    if (taken.length >= limit) break;
    if (!session.tryLock(row.lease === undefined ? `free task ${row.key}` : `task ${row.id}`)) continue;
    if (row.superseded) {
      rows.remove(session, row.id);
      continue;
    }
    const attempts = row.attempts + 1;
    const lease = { owner, until: leaseUntil };
    rows.put(session, row.id, { ...row, attempts, lease, dueAt: retryAt(attempts) });
    // The task is told as it was due: the time written in the row is that of the next try.
    const takenFrom = row.lease?.owner;
    taken.push({ ...given({ ...row, attempts }), ...(takenFrom !== undefined && { takenFrom }) });
  }
  return taken;
}

function given({ id, what, dueAt, attempts, lastError }: TaskRow): Task {
  return { id, what, dueAt, attempts, lastError };
}
