// Whoever changes a row moves it from one answer to another: for himself at once, for others when he commits, and back when
// he does not.

import { expect } from 'vitest';
import { jobId, runId } from '../../../src/domain/ids.ts';
import { after } from '../../../src/domain/time.ts';
import type { Store, Transaction } from '../../../src/ports/store.ts';
import { itWith, moment, type OpenStores, within } from './stores.ts';
import {
  acmeKey,
  at,
  delivery,
  globex,
  globexKey,
  guid,
  host,
  hostName,
  job,
  smallKey,
  vm,
  vmName,
} from './things.ts';

const idsOf = (rows: readonly { id: unknown }[]): unknown[] => rows.map(({ id }) => id);

/** Every answer that depends on the job's state, run or repository. */
const jobAnswers = async (tx: Transaction) => ({
  queued: idsOf(await tx.jobs.queued(acmeKey, smallKey)),
  running: idsOf(await tx.jobs.running(acmeKey, smallKey)),
  elsewhere: idsOf(await tx.jobs.queued(globexKey, smallKey)),
  allQueued: idsOf(await tx.jobs.allQueued(10)),
  listed: idsOf(await tx.jobs.list({ states: ['queued', 'done'] }, 10)),
  ofRun: idsOf(await tx.jobs.ofRuns([runId(1)])),
  inRepository: idsOf(await tx.jobs.list({ repository: 'acme/app' }, 10)),
  open: (await tx.jobs.activity(at(1000))).map(({ queued, open }) => ({ queued, open })),
});

const vmAnswers = async (tx: Transaction) => ({
  live: idsOf(await tx.vms.live(acmeKey, smallKey)),
  lately: idsOf(await tx.vms.lately(acmeKey, smallKey, at(100))),
  allLive: idsOf(await tx.vms.allLive()),
  onFirst: idsOf(await tx.vms.onHost(hostName(1))),
  onSecond: idsOf(await tx.vms.onHost(hostName(2))),
  unplaced: idsOf(await tx.vms.unplaced(10)),
  listed: idsOf(await tx.vms.list({ states: ['requested', 'gone'] }, 10)),
});

/** While a transaction is open its writer finds `own` and everybody else `before`; afterwards all find what it ended with. */
async function isSeenByItsWriterAlone<T>(
  { a, b }: { a: Store; b: Store },
  answers: (tx: Transaction) => Promise<T>,
  change: (tx: Transaction) => Promise<void>,
  { before, own, ending }: { before: T; own: T; ending: 'commits' | 'rolls back' },
): Promise<void> {
  const [changed, seen] = [moment(), moment()];
  const enough = new Error('enough');
  const changing = within(a, async (tx) => {
    await change(tx);
    expect(await answers(tx)).toEqual(own);
    changed.happened();
    await seen.wait;
    if (ending === 'rolls back') throw enough;
  });
  const ended = changing.catch((error: unknown) => error);
  await Promise.race([changed.wait, ended]);
  expect(await within(b, answers)).toEqual(before);
  seen.happened();
  expect(await ended).toBe(ending === 'commits' ? undefined : enough);
  expect(await within(b, answers)).toEqual(ending === 'commits' ? own : before);
}

export function indexContract(open: OpenStores): void {
  const it = itWith(open);

  for (const ending of ['commits', 'rolls back'] as const) {
    it(`a job that changes is found anew by its writer alone, until he ${ending}`, async ({ a, b }) => {
      await within(a, async (tx) => {
        for (const id of [1, 2, 3]) await tx.jobs.insert(job(id));
      });
      const before = await within(b, jobAnswers);
      expect(before).toMatchObject({ queued: [1, 2, 3], running: [], open: [{ queued: 3, open: 3 }] });
      const change = async (tx: Transaction): Promise<void> => {
        await tx.jobs.update(job(1, { state: 'running' }));
        await tx.jobs.update(job(2, { state: 'done', runId: runId(2) }));
        await tx.jobs.update(job(3, { scope: globex }));
        await tx.jobs.insert(job(4, { firstSeenAt: at(0) }));
      };
      const own = {
        queued: [4],
        running: [1],
        elsewhere: [3],
        allQueued: [4, 3],
        listed: [3, 2, 4],
        ofRun: [4, 1, 3],
        inRepository: [3, 2, 1, 4],
        open: [{ queued: 2, open: 3 }],
      };
      await isSeenByItsWriterAlone({ a, b }, jobAnswers, change, { before, own, ending });
    });

    it(`a VM that changes is found anew by its writer alone, until he ${ending}`, async ({ a, b }) => {
      await within(a, async (tx) => {
        await tx.hosts.insert(host(1));
        await tx.hosts.insert(host(2));
        await tx.vms.insert(vm(1));
        await tx.vms.insert(vm(2, { state: 'idle', host: hostName(1) }));
        await tx.vms.insert(vm(3, { state: 'gone', since: at(50) }));
      });
      const before = await within(b, vmAnswers);
      expect(before).toMatchObject({ live: [vmName(1), vmName(2)], lately: [vmName(1), vmName(2)] });
      const change = async (tx: Transaction): Promise<void> => {
        await tx.vms.update(vm(1, { state: 'placed', host: hostName(1) }));
        await tx.vms.update(vm(2, { state: 'idle', host: hostName(2) }));
        await tx.vms.update(vm(3, { state: 'gone', since: at(150) }));
        await tx.vms.insert(vm(4));
      };
      const own = {
        live: [vmName(1), vmName(2), vmName(4)],
        lately: [vmName(1), vmName(2), vmName(3), vmName(4)],
        allLive: [vmName(1), vmName(2), vmName(4)],
        onFirst: [vmName(1)],
        onSecond: [vmName(2)],
        unplaced: [vmName(4)],
        listed: [vmName(4), vmName(3)],
      };
      await isSeenByItsWriterAlone({ a, b }, vmAnswers, change, { before, own, ending });
    });
  }

  it('a row that changes twice in one transaction is found where it came to rest', async ({ a, b }) => {
    await within(a, (tx) => tx.jobs.insert(job(1)));
    await within(a, async (tx) => {
      await tx.jobs.update(job(1, { state: 'running' }));
      await tx.jobs.update(job(1, { state: 'queued', version: 2, firstSeenAt: at(9) }));
      await tx.jobs.insert(job(5));
      expect(idsOf(await tx.jobs.queued(acmeKey, smallKey))).toEqual([5, 1]);
      expect(idsOf(await tx.jobs.list({}, 1))).toEqual([1]);
    });
    expect(idsOf(await within(b, (tx) => tx.jobs.queued(acmeKey, smallKey)))).toEqual([5, 1]);
    expect(await within(b, (tx) => tx.jobs.running(acmeKey, smallKey))).toEqual([]);
  });

  it('a limit counts what the transaction itself has written', async ({ a }) => {
    await within(a, async (tx) => {
      for (const id of [2, 4]) await tx.vms.insert(vm(id));
    });
    await within(a, async (tx) => {
      for (const id of [1, 3, 5]) await tx.vms.insert(vm(id));
      await tx.vms.update(vm(2, { state: 'placed' }));
      expect(idsOf(await tx.vms.unplaced(3))).toEqual([1, 3, 4].map(vmName));
      expect(idsOf(await tx.vms.list({}, 3))).toEqual([5, 4, 3].map(vmName));
      expect(await tx.vms.unplaced(0)).toEqual([]);
    });
  });

  it('deliveries are counted as the transaction has marked them', async ({ a, b }) => {
    for (const n of [1, 2, 3]) await a.keepDelivery(delivery(n));
    const counts = async (tx: Transaction) => [
      await tx.deliveries.count('new'),
      await tx.deliveries.count('done'),
    ];
    await within(a, async (tx) => {
      await tx.deliveries.mark(guid(2), 'done', '');
      expect(await counts(tx)).toEqual([2, 1]);
      expect((await tx.deliveries.list({ state: 'new' }, 5)).map((one) => one.guid)).toEqual([
        guid(3),
        guid(1),
      ]);
      expect(await within(b, counts)).toEqual([3, 0]);
    });
    expect(await within(b, counts)).toEqual([2, 1]);
  });

  it('the next task is the one that the transaction has made the next', async ({ a, b }) => {
    const deadline = (id: number) => ({ kind: 'job-deadline' as const, job: jobId(id) });
    await within(a, (tx) => tx.tasks.setDeadline(deadline(1), at(50)));
    await expect(
      within(a, async (tx) => {
        await tx.tasks.setDeadline(deadline(2), at(20));
        expect(await tx.tasks.nextDue()).toBe(at(20));
        await tx.tasks.setDeadline(deadline(2), undefined);
        await tx.tasks.setDeadline(deadline(1), at(70));
        expect(await tx.tasks.nextDue()).toBe(at(70));
        expect(await within(b, (other) => other.tasks.nextDue())).toBe(at(50));
        throw new Error('enough');
      }),
    ).rejects.toThrow('enough');
    const taken = await within(b, (tx) =>
      tx.tasks.claim({
        owner: 'b',
        now: at(60),
        limit: 5,
        leaseUntil: after(at(60), 30_000),
        retryAt: () => at(90),
      }),
    );
    expect(taken.map(({ what, dueAt }) => [what, dueAt])).toEqual([[deadline(1), at(50)]]);
    expect(await within(b, (tx) => tx.tasks.nextDue())).toBe(at(30_060));
  });
}
