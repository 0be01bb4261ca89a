import { sql } from 'kysely';
import { instantOf } from '../../domain/time.ts';
import type { MetricTable, OpenJobs } from '../../ports/metric-tables.ts';
import type { Db } from './db.ts';
import { storable } from './tables.ts';

export function metricTable(db: Db): MetricTable {
  return {
    async openJobs(lateBefore, { owners }) {
      let query = db
        .selectFrom('jobs')
        .select((is) => [
          'owner',
          'state',
          is.fn.countAll<string>().as('jobs'),
          is.fn.countAll<string>().filterWhere('first_seen_at', '<', lateBefore).as('late'),
          is.fn.min('first_seen_at').as('oldest_at'),
        ])
        .where('served', '=', true)
        // As the index is written.
        .where(sql<boolean>`state in ('waiting', 'queued', 'running')`)
        .groupBy(['owner', 'state']);
      if (owners !== undefined)
        query = query.where((is) => is('owner', '=', is.fn.any(is.val(owners.map(storable)))));
      return (await query.execute()).map(({ owner, state, jobs, late, oldest_at }) => ({
        owner,
        state: state as OpenJobs['state'],
        jobs: Number(jobs),
        late: Number(late),
        oldestAt: instantOf(oldest_at),
      }));
    },
    async jobsSeen(from, to) {
      const rows = await db
        .selectFrom('jobs')
        .select((is) => ['owner', is.fn.countAll<string>().as('jobs')])
        .where('served', '=', true)
        .where('first_seen_at', '>=', from)
        .where('first_seen_at', '<', to)
        .groupBy('owner')
        .execute();
      return rows.map(({ owner, jobs }) => ({ owner, jobs: Number(jobs) }));
    },
    async vmsGone(from, to) {
      const gone = db.selectFrom('vms').select('doc').where('state', '=', 'gone');
      const rows = await gone.where('since', '>=', from).where('since', '<', to).execute();
      return rows.map((row) => row.doc);
    },
  };
}
