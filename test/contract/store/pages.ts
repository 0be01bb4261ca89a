import { expect } from 'vitest';
import { type JobId, jobId, type VmId } from '../../../src/domain/ids.ts';
import type { HistoryLine } from '../../../src/domain/lifecycle/effects.ts';
import type { Place } from '../../../src/ports/store.ts';
import { itWith, type OpenStores, within } from './stores.ts';
import { at, globex, job, vm, vmName } from './things.ts';

/** Lists are read page by page: nothing twice and nothing left out, also where times are equal. */
export function pageContract(open: OpenStores): void {
  const it = itWith(open);

  it('gives jobs page by page, newest first', async ({ a }) => {
    await a.transaction(async (tx) => {
      for (const n of [1, 2, 3, 4, 5]) await tx.jobs.insert(job(n, { firstSeenAt: at(n < 3 ? 10 : 20) }));
    });
    const seen: number[] = [];
    let from: Place<JobId> | undefined;
    for (;;) {
      const rows = await within(a, (tx) => tx.jobs.list({}, 2, from));
      const last = rows.at(-1);
      if (last === undefined) break;
      seen.push(...rows.map(({ id }) => id));
      from = { at: last.firstSeenAt, id: last.id };
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  it('gives VMs page by page, newest first', async ({ a }) => {
    await a.transaction(async (tx) => {
      for (const n of [1, 2, 3, 4, 5]) await tx.vms.insert(vm(n, { requestedAt: at(n < 3 ? 10 : 20) }));
    });
    const seen: VmId[] = [];
    let from: Place<VmId> | undefined;
    for (;;) {
      const rows = await within(a, (tx) => tx.vms.list({ states: ['requested', 'gone'] }, 2, from));
      const last = rows.at(-1);
      if (last === undefined) break;
      seen.push(...rows.map(({ id }) => id));
      from = { at: last.requestedAt, id: last.id };
    }
    expect(seen).toEqual([5, 4, 3, 2, 1].map(vmName));
  });

  it('gives only what belongs to the accounts that are asked for', async ({ a }) => {
    await a.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.jobs.insert(job(2, { scope: globex }));
      await tx.vms.insert(vm(1));
      await tx.vms.insert(vm(2, { scope: globex }));
      await tx.repairs.append(
        ['acme', 'globex', undefined].map((owner) => ({
          at: at(0),
          kind: 'job-found-by-poll',
          cause: 'no webhook told of it',
          subject: { kind: 'job', id: jobId(1) },
          ...(owner !== undefined && { owner }),
          data: {},
        })),
      );
    });
    const found = (owners: readonly string[]) =>
      within(a, async (tx) => [
        (await tx.jobs.list({ owners }, 9)).length,
        (await tx.vms.list({ owners }, 9)).length,
        (await tx.repairs.list({ owners }, { limit: 9 })).length,
        (await tx.repairs.count({ owners }))['job-found-by-poll'],
      ]);
    expect(await found(['globex'])).toEqual([1, 1, 1, 1]);
    expect(await found(['globex', 'acme'])).toEqual([2, 2, 2, 2]);
    expect(await found([])).toEqual([0, 0, 0, 0]);
  });

  it('gives the history of several subjects together, back in time', async ({ a }) => {
    const line = (event: string, subject: HistoryLine['subject']): HistoryLine => ({
      at: at(0),
      subject,
      event,
      data: {},
    });
    const [ofJob, ofVm] = [{ kind: 'job', id: jobId(1) } as const, { kind: 'vm', id: vmName(1) } as const];
    await within(a, (tx) =>
      tx.history.append([
        line('1', ofJob),
        line('2', ofVm),
        line('other', { kind: 'vm', id: vmName(2) }),
        line('3', ofJob),
      ]),
    );
    const newest = await within(a, (tx) => tx.history.page([ofJob, ofVm, ofJob], 2));
    expect(newest.map(({ event, subject }) => [event, subject])).toEqual([
      ['2', ofVm],
      ['3', ofJob],
    ]);
    const older = await within(a, (tx) => tx.history.page([ofJob, ofVm], 2, newest[0]?.number));
    expect(older.map(({ event }) => event)).toEqual(['1']);
  });
}
