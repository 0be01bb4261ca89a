import type { LabelKey, RunId } from '../../domain/ids.ts';
import type { NoticeTable } from '../../ports/notice-tables.ts';
import type { Db } from './db.ts';
import { taskHash } from './hashes.ts';

export function noticeTable(db: Db): NoticeTable {
  return {
    async get(run, labels) {
      const row = await db
        .selectFrom('wait_notices')
        .select('doc')
        .where('key', '=', keyOf(run, labels))
        .executeTakeFirst();
      return row?.doc;
    },
    async put(notice) {
      const doc = JSON.stringify(notice);
      const row = db.insertInto('wait_notices').values({ key: keyOf(notice.run, notice.labels), doc });
      await row.onConflict((conflict) => conflict.column('key').doUpdateSet({ doc })).execute();
    },
    async remove(run, labels) {
      await db.deleteFrom('wait_notices').where('key', '=', keyOf(run, labels)).execute();
    },
  };
}

/** The same as that of the task which writes it. */
const keyOf = (run: RunId, labels: LabelKey): string => taskHash({ kind: 'tell-wait', run, labels });
