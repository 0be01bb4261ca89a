// The tables that are little more than a key and a value.

import { assert } from '../../domain/bug.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import type { EnrolmentTable } from '../../ports/enrolment-table.ts';
import type { BudgetTable, HistoryTable, SealedTable } from '../../ports/store.ts';
import type { Db } from './db.ts';
import type { Partitions } from './partitions.ts';
import { storable } from './tables.ts';

export function historyTable(db: Db, partitions: Partitions): HistoryTable {
  const name = (subject: HistoryLine['subject']): string =>
    subject.kind === 'system' ? 'system' : `${subject.kind} ${subject.id}`;
  return {
    async append(lines) {
      if (lines.length === 0) return;
      const times = lines.map((line) => line.at);
      await partitions.provide(db, 'history', times);
      const rows = lines.map(({ at, subject, event, data }) => ({
        at,
        subject: storable(name(subject)),
        event: storable(event),
        data: JSON.stringify(data),
      }));
      await db.insertInto('history').values(rows).execute();
    },
    async of(subject, limit) {
      const rows = await db
        .selectFrom('history')
        .select(['at', 'event', 'data'])
        .where('subject', '=', storable(name(subject)))
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute();
      return rows.reverse().map(({ at, event, data }) => ({ at, subject, event, data }));
    },
    async page(subjects, limit, before) {
      const byName = new Map(subjects.map((subject) => [storable(name(subject)), subject]));
      let query = db
        .selectFrom('history')
        .select(['seq', 'at', 'subject', 'event', 'data'])
        .where((is) => is('subject', '=', is.fn.any(is.val([...byName.keys()]))))
        .orderBy('seq', 'desc')
        .limit(limit);
      if (before !== undefined) query = query.where('seq', '<', before);
      return (await query.execute()).reverse().map(({ seq, subject: named, ...line }) => {
        const subject = byName.get(named);
        assert(subject !== undefined, 'only what was asked for was found');
        return { ...line, subject, number: seq };
      });
    },
  };
}

export function sealedTable(db: Db): SealedTable {
  return {
    async put(vm, jwe) {
      const row = db.insertInto('sealed').values({ vm, jwe });
      await row.onConflict((conflict) => conflict.column('vm').doUpdateSet({ jwe })).execute();
    },
    async get(vm) {
      const row = await db.selectFrom('sealed').select('jwe').where('vm', '=', vm).executeTakeFirst();
      return row?.jwe;
    },
    async erase(vm) {
      await db.deleteFrom('sealed').where('vm', '=', vm).execute();
    },
  };
}

export function budgetTable(db: Db): BudgetTable {
  return {
    async get(bucket) {
      const row = await db
        .selectFrom('budgets')
        .select('doc')
        .where('bucket', '=', storable(bucket))
        .executeTakeFirst();
      return row?.doc;
    },
    async list() {
      const rows = await db.selectFrom('budgets').select(['bucket', 'doc']).orderBy('bucket').execute();
      return rows.map(({ bucket, doc }) => ({ ...doc, bucket }));
    },
    async put(bucket, budget) {
      const doc = JSON.stringify(budget);
      const row = db.insertInto('budgets').values({ bucket: storable(bucket), doc });
      await row.onConflict((conflict) => conflict.column('bucket').doUpdateSet({ doc })).execute();
    },
  };
}

export function enrolmentTable(db: Db): EnrolmentTable {
  return {
    async add(enrolment) {
      const { tokenHash, expiresAt } = enrolment;
      await db
        .insertInto('enrolments')
        .values({ token_hash: tokenHash, expires_at: expiresAt, doc: JSON.stringify(enrolment) })
        .execute();
    },
    async redeem(tokenHash, now) {
      const row = await db
        .deleteFrom('enrolments')
        .where('token_hash', '=', tokenHash)
        .where('expires_at', '>', now)
        .returning('doc')
        .executeTakeFirst();
      return row?.doc;
    },
  };
}
