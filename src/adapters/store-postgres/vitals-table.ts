import type { VitalsTable } from '../../ports/vitals-table.ts';
import type { Db } from './db.ts';

export function vitalsTable(db: Db): VitalsTable {
  return {
    async put(vitals) {
      const doc = JSON.stringify(vitals);
      const row = db.insertInto('host_vitals').values({ host: vitals.host, doc });
      await row.onConflict((conflict) => conflict.column('host').doUpdateSet({ doc })).execute();
    },
    async get(host) {
      const row = await db
        .selectFrom('host_vitals')
        .select('doc')
        .where('host', '=', host)
        .executeTakeFirst();
      return row?.doc;
    },
    async list() {
      return (await db.selectFrom('host_vitals').select('doc').execute()).map((row) => row.doc);
    },
    async remove(host) {
      await db.deleteFrom('host_vitals').where('host', '=', host).execute();
    },
  };
}
