import { type RepairKind, repairKinds, repairSubject } from '../../domain/repair/repair.ts';
import type { LoopTable, Remembered, RepairFilter, RepairTable } from '../../ports/repair-tables.ts';
import type { Db } from './db.ts';
import { storable } from './tables.ts';
import type { NoteChange } from './versioned-table.ts';

export function repairTable(db: Db, note: NoteChange): RepairTable {
  return {
    async append(repairs) {
      if (repairs.length === 0) return;
      const rows = repairs.map((repair) => ({
        at: repair.at,
        kind: repair.kind,
        owner: repair.owner === undefined ? null : storable(repair.owner),
        subject: storable(repairSubject(repair.subject)),
        doc: JSON.stringify(repair),
      }));
      await db.insertInto('repairs').values(rows).execute();
      for (const { subject, owner } of repairs)
        note({ kind: 'repair', id: repairSubject(subject), ...(owner !== undefined && { owner }) });
    },
    async list(filter, { limit, before }) {
      let query = chosen(db, filter).select(['number', 'doc']).orderBy('number', 'desc').limit(limit);
      if (before !== undefined) query = query.where('number', '<', before);
      return (await query.execute()).map(({ number, doc }) => ({ ...doc, number }));
    },
    async count(filter) {
      const rows = await chosen(db, filter)
        .select((is) => ['kind', is.fn.countAll<number>().as('count')])
        .groupBy('kind')
        .execute();
      const found = new Map(rows.map(({ kind, count }) => [kind, count]));
      const counts = repairKinds.map((kind) => [kind, found.get(kind) ?? 0]);
      return Object.fromEntries(counts) as Record<RepairKind, number>;
    },
  };
}

function chosen(db: Db, { owner, owners, kinds, subjects, since }: RepairFilter) {
  let query = db.selectFrom('repairs');
  if (owner !== undefined) query = query.where('owner', '=', storable(owner));
  if (owners !== undefined)
    query = query.where((is) => is('owner', '=', is.fn.any(is.val(owners.map(storable)))));
  if (kinds !== undefined) query = query.where((is) => is('kind', '=', is.fn.any(is.val([...kinds]))));
  if (subjects !== undefined) {
    const wanted = subjects.map((subject) => storable(repairSubject(subject)));
    query = query.where((is) => is('subject', '=', is.fn.any(is.val(wanted))));
  }
  if (since !== undefined) query = query.where('at', '>=', since);
  return query;
}

export function loopTable(db: Db): LoopTable {
  return {
    async get<Loop extends keyof Remembered>(loop: Loop) {
      const row = await db.selectFrom('loops').select('doc').where('loop', '=', loop).executeTakeFirst();
      // Under its own name each loop has only ever put its own state.
      return row?.doc as Remembered[Loop] | undefined;
    },
    async put(loop, state) {
      const doc = JSON.stringify(state);
      const row = db.insertInto('loops').values({ loop, doc });
      await row.onConflict((conflict) => conflict.column('loop').doUpdateSet({ doc })).execute();
    },
  };
}
