// What every store must do. Each adapter runs this suite; the simulation may stand on the memory store only because
// PostgreSQL passes the same tests, races included.

import { describe } from 'vitest';
import { accessContract } from './store/access.ts';
import { attributionContract } from './store/attribution.ts';
import { deliveryContract } from './store/deliveries.ts';
import { indexContract } from './store/indexes.ts';
import { insightContract } from './store/insights.ts';
import { leaseContract } from './store/leases.ts';
import { metricContract } from './store/metrics.ts';
import { noticeContract } from './store/notices.ts';
import { pageContract } from './store/pages.ts';
import { raceContract } from './store/races.ts';
import { repairContract } from './store/repairs.ts';
import { rowContract } from './store/rows.ts';
import { searchContract } from './store/searches.ts';
import { smallTableContract } from './store/small-tables.ts';
import type { OpenStores } from './store/stores.ts';
import { taskContract } from './store/tasks.ts';
import { transactionContract } from './store/transactions.ts';
import { vitalsContract } from './store/vitals.ts';

/** @param open gives two connections, as two processes would have them, to one empty store; called for each test. */
export function storeContract(name: string, open: OpenStores): void {
  describe(`${name} keeps the contract of the store`, () => {
    describe('transactions', () => transactionContract(open));
    describe('races', () => raceContract(open));
    describe('deliveries', () => deliveryContract(open));
    describe('jobs, VMs and hosts', () => rowContract(open));
    describe('what is found', () => indexContract(open));
    describe('pages', () => pageContract(open));
    describe('searches', () => searchContract(open));
    describe('tasks', () => taskContract(open));
    describe('leases', () => leaseContract(open));
    describe('the repair book', () => repairContract(open));
    describe('attribution', () => attributionContract(open));
    describe('insights', () => insightContract(open));
    describe('what the metrics count', () => metricContract(open));
    describe('waits that were told', () => noticeContract(open));
    describe('callers', () => accessContract(open));
    describe('vitals of hosts', () => vitalsContract(open));
    describe('small tables', () => smallTableContract(open));
  });
}
