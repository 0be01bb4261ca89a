import { sql } from 'kysely';
import { type TaskId, taskId } from '../../domain/ids.ts';
import type { Deadline, Effect } from '../../domain/lifecycle/effects.ts';
import type { Instant } from '../../domain/time.ts';
import type { Task, TaskTable } from '../../ports/store.ts';
import type { Db } from './db.ts';
import { taskHash } from './hashes.ts';
import { storable } from './tables.ts';

export function taskTable(db: Db): TaskTable {
  return {
    async enqueue(what, dueAt) {
      // Where somebody just takes the free row, this waits for him, and then inserts another: his work may have begun
      // before the reason for this one was there.
      await insert(db, what, dueAt)
        .onConflict((conflict) =>
          conflict
            .column('what_key')
            .where('owner', 'is', null)
            .doUpdateSet({ due_at: sql<Instant>`least(tasks.due_at, excluded.due_at)` }),
        )
        .execute();
    },
    async isTaken(what) {
      const taken = db.selectFrom('tasks').select('id').where('what_key', '=', taskHash(what));
      return (await taken.where('owner', 'is not', null).limit(1).executeTakeFirst()) !== undefined;
    },
    async setDeadline(deadline, dueAt) {
      const key = taskHash(deadline);
      if (dueAt === undefined) {
        await db.deleteFrom('tasks').where('what_key', '=', key).where('owner', 'is', null).execute();
      } else {
        await insert(db, deadline, dueAt)
          .onConflict((conflict) =>
            conflict
              .column('what_key')
              .where('owner', 'is', null)
              .doUpdateSet({ due_at: dueAt, attempts: 0, last_error: '' }),
          )
          .execute();
      }
      // A statement of its own: it must also see a row that was taken while the one above waited for it.
      await db
        .updateTable('tasks')
        .set({ superseded: true })
        .where('what_key', '=', key)
        .where('owner', 'is not', null)
        .execute();
    },
    claim: (claim) => take(db, claim),
    async renew(id, owner, leaseUntil) {
      const { numUpdatedRows } = await db
        .updateTable('tasks')
        .set({ lease_until: leaseUntil })
        .where('id', '=', Number(id))
        .where('owner', '=', owner)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },
    async complete(id, owner) {
      const { numDeletedRows } = await db
        .deleteFrom('tasks')
        .where('id', '=', Number(id))
        .where('owner', '=', owner)
        .executeTakeFirst();
      return numDeletedRows === 1n;
    },
    release: (id, owner, dueAt, error) => release(db, id, owner, dueAt, error),
    async nextDue() {
      const query = db.selectFrom('tasks').select((is) => is.fn.min('claimable_at').as('next'));
      const { next } = await query.executeTakeFirstOrThrow();
      // `min` over no rows is null, which its type does not tell.
      return next ?? undefined;
    },
    async list(limit) {
      const rows = await db
        .selectFrom('tasks')
        .select(taskColumns)
        .where('superseded', '=', false)
        .orderBy('due_at')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(task);
    },
  };
}

const taskColumns = ['id', 'what', 'due_at', 'attempts', 'last_error'] as const;

function insert(db: Db, what: Effect | Deadline, dueAt: Instant) {
  return db
    .insertInto('tasks')
    .values({ kind: what.kind, what_key: taskHash(what), what: JSON.stringify(what), due_at: dueAt });
}

async function take(db: Db, claim: Parameters<TaskTable['claim']>[0]): Promise<Task[]> {
  let query = db
    .selectFrom('tasks')
    .select([...taskColumns, 'superseded', 'owner'])
    .where('claimable_at', '<=', claim.now);
  const { kinds } = claim;
  if (kinds !== undefined) query = query.where((is) => is('kind', '=', is.fn.any(is.val([...kinds]))));
  const ordered = query.orderBy('claimable_at').orderBy('id').limit(claim.limit);
  const rows = await ordered.forUpdate().skipLocked().execute();

  const replaced = rows.filter((row) => row.superseded).map((row) => row.id);
  if (replaced.length > 0) await db.deleteFrom('tasks').where('id', 'in', replaced).execute();
  const taken = rows
    .filter((row) => !row.superseded)
    .map(({ owner, ...row }) => ({
      ...task({ ...row, attempts: row.attempts + 1 }),
      ...(owner !== null && { takenFrom: owner }),
    }));
  if (taken.length === 0) return [];
  const ids = taken.map((row) => row.id);
  const times = taken.map((row) => claim.retryAt(row.attempts));
  await sql`
    update tasks t
    set owner = ${claim.owner}, lease_until = ${claim.leaseUntil}, attempts = t.attempts + 1, due_at = again.at
    from unnest(${ids}::bigint[], ${times}::bigint[]) as again (id, at)
    where t.id = again.id
  `.execute(db);
  return taken;
}

async function release(db: Db, id: TaskId, owner: string, dueAt: Instant, error: string): Promise<void> {
  const row = await db
    .deleteFrom('tasks')
    .where('id', '=', Number(id))
    .where('owner', '=', owner)
    .returning(['id', 'kind', 'what_key', 'what', 'attempts', 'superseded'])
    .executeTakeFirst();
  if (row === undefined || row.superseded) return;
  // Inserted again instead of changed, since only an insert can join with a free row that somebody makes right now.
  await db
    .insertInto('tasks')
    .values({
      id: row.id,
      kind: row.kind,
      what_key: row.what_key,
      what: JSON.stringify(row.what),
      due_at: dueAt,
      attempts: row.attempts,
      last_error: storable(error),
    })
    .onConflict((conflict) =>
      conflict
        .column('what_key')
        .where('owner', 'is', null)
        .doUpdateSet((is) => ({
          due_at: sql<Instant>`least(tasks.due_at, excluded.due_at)`,
          attempts: is.ref('excluded.attempts'),
          last_error: is.ref('excluded.last_error'),
        })),
    )
    .execute();
}

function task(row: {
  id: number;
  what: Effect | Deadline;
  due_at: Instant;
  attempts: number;
  last_error: string;
}): Task {
  const { what, attempts } = row;
  return { id: taskId(`${row.id}`), what, dueAt: row.due_at, attempts, lastError: row.last_error };
}
