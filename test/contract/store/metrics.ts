import { expect } from 'vitest';
import { jobId } from '../../../src/domain/ids.ts';
import { itWith, type OpenStores, within } from './stores.ts';
import { at, globex, job, vm, vmName } from './things.ts';

export function metricContract(open: OpenStores): void {
  const it = itWith(open);

  it('counts open jobs of ours by account and state', async ({ a, b }) => {
    await within(a, async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.jobs.insert(job(2));
      await tx.jobs.insert(job(3, { state: 'running' }));
      await tx.jobs.insert(job(4, { state: 'done' }));
      await tx.jobs.insert(job(5, { service: { kind: 'refused', reason: 'too big' } }));
      await tx.jobs.insert(job(6, { scope: globex, state: 'waiting' }));
    });
    const rows = await within(b, (tx) => tx.metrics.openJobs(at(2), {}));
    const ofAcme = [
      { owner: 'acme', state: 'queued', jobs: 2, late: 1, oldestAt: at(1) },
      { owner: 'acme', state: 'running', jobs: 1, late: 0, oldestAt: at(3) },
    ];
    const byState = (list: typeof rows) => list.toSorted((x, y) => x.state.localeCompare(y.state));
    expect(byState(rows)).toEqual([
      ...ofAcme,
      { owner: 'globex', state: 'waiting', jobs: 1, late: 0, oldestAt: at(6) },
    ]);
    const own = await within(a, (tx) => tx.metrics.openJobs(at(2), { owners: ['acme'] }));
    expect(byState(own)).toEqual(ofAcme);
    expect(await within(a, (tx) => tx.metrics.openJobs(at(2), { owners: [] }))).toEqual([]);
  });

  it('counts the jobs of ours that were first heard of in a span, whatever became of them', async ({ a }) => {
    await within(a, async (tx) => {
      for (const id of [1, 2, 3]) await tx.jobs.insert(job(id, { state: id === 2 ? 'done' : 'queued' }));
      await tx.jobs.insert(job(4, { scope: globex }));
      await tx.jobs.insert(job(5, { id: jobId(5), service: { kind: 'foreign' }, state: 'foreign' }));
    });
    const seen = await within(a, (tx) => tx.metrics.jobsSeen(at(2), at(9)));
    expect(seen.toSorted((x, y) => x.owner.localeCompare(y.owner))).toEqual([
      { owner: 'acme', jobs: 2 },
      { owner: 'globex', jobs: 1 },
    ]);
    expect(await within(a, (tx) => tx.metrics.jobsSeen(at(2), at(3)))).toEqual([{ owner: 'acme', jobs: 1 }]);
    expect(await within(a, (tx) => tx.metrics.jobsSeen(at(6), at(9)))).toEqual([]);
  });

  it('finds the VMs that went in a span', async ({ a }) => {
    await within(a, async (tx) => {
      for (const n of [1, 2, 3]) await tx.vms.insert(vm(n, { state: 'gone', since: at(n * 10) }));
      await tx.vms.insert(vm(4, { since: at(20) }));
    });
    const gone = await within(a, (tx) => tx.metrics.vmsGone(at(20), at(30)));
    expect(gone.map(({ id }) => id)).toEqual([vmName(2)]);
    expect(await within(a, (tx) => tx.metrics.vmsGone(at(0), at(31)))).toHaveLength(3);
  });

  it('lists every budget by its bucket', async ({ a, b }) => {
    const budget = { remaining: 7, resetAt: at(9), recent: [] };
    await within(a, (tx) => tx.budget.put('two', budget));
    await within(a, (tx) => tx.budget.put('one', { ...budget, limit: 9 }));
    expect(await within(b, (tx) => tx.budget.list())).toEqual([
      { ...budget, limit: 9, bucket: 'one' },
      { ...budget, bucket: 'two' },
    ]);
    expect(await within(b, (tx) => tx.budget.get('two'))).toStrictEqual(budget);
  });
}
