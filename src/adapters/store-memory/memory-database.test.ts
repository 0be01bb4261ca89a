import { describe, expect, it } from 'vitest';
import {
  acmeKey,
  at,
  delivery,
  guid,
  host,
  job,
  smallKey,
  vm,
  vmName,
} from '../../../test/contract/store/things.ts';
import { jobId } from '../../domain/ids.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import { after, hours } from '../../domain/time.ts';
import { StoreUnavailableError, type Transaction } from '../../ports/store.ts';
import { createMemoryDatabase } from './memory-store.ts';

const deadline = { kind: 'job-deadline', job: jobId(1) } as const;
const take = (tx: Transaction) =>
  tx.tasks.claim({ owner: 'a', now: at(10), limit: 9, leaseUntil: at(20), retryAt: () => at(30) });

describe('a memory database that is restored', () => {
  it('is in all its tables what it was', async () => {
    const database = createMemoryDatabase({ epoch: 'first' });
    const store = database.connect();
    await store.keepDelivery(delivery(1));
    await store.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.vms.insert(vm(1));
      await tx.hosts.insert(host(1));
      await tx.tasks.setDeadline(deadline, at(5));
      await tx.sealed.put(vmName(1), 'sealed');
    });
    const backup = database.snapshot();
    const read = () =>
      store.transaction(async (tx) => ({
        deliveries: [await tx.deliveries.count('new'), await tx.deliveries.get(guid(2))],
        queued: await tx.jobs.queued(acmeKey, smallKey),
        running: await tx.jobs.running(acmeKey, smallKey),
        live: await tx.vms.allLive(),
        hosts: await tx.hosts.list(),
        tasks: await tx.tasks.list(9),
        nextDue: await tx.tasks.nextDue(),
        sealed: await tx.sealed.get(vmName(1)),
      }));
    const before = await read();
    for (const _ of ['once', 'and again']) {
      await store.keepDelivery(delivery(2));
      await store.transaction(async (tx) => {
        await tx.jobs.update(job(1, { state: 'running' }));
        await tx.vms.insert(vm(2));
        await tx.hosts.remove(host(1).id);
        await tx.tasks.setDeadline(deadline, undefined);
        await tx.sealed.erase(vmName(1));
        await tx.deliveries.mark(guid(1), 'done', '');
      });
      expect(await read()).not.toEqual(before);
      database.restore(backup);
      expect(await read()).toEqual(before);
    }
  });

  it('gives ids again that it gave since, as PostgreSQL does', async () => {
    const database = createMemoryDatabase();
    const store = database.connect();
    const backup = database.snapshot();
    const firstId = async (): Promise<unknown> => {
      await store.transaction((tx) => tx.tasks.setDeadline(deadline, at(5)));
      return (await store.transaction(take))[0]?.id;
    };
    const id = await firstId();
    database.restore(backup);
    expect(await firstId()).toBe(id);
  });

  it('keeps the epoch of the backup, unless it is made a new life', async () => {
    const database = createMemoryDatabase({ epoch: 'first' });
    const store = database.connect();
    const backup = database.snapshot();
    database.restore(backup, { epoch: 'second' });
    expect(await store.epoch()).toBe('second');
    database.restore(backup);
    expect(await store.epoch()).toBe('first');
  });

  it('fails the transactions of before, frees their locks, and goes on', async () => {
    const database = createMemoryDatabase();
    const [a, b] = [database.connect(), database.connect()];
    await a.transaction((tx) => tx.jobs.insert(job(1)));
    const backup = database.snapshot();
    const [locked, restored] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holding = a.transaction(async (tx) => {
      await tx.jobs.lockRow(jobId(1));
      await tx.jobs.update(job(1, { state: 'done' }));
      locked.resolve();
      await restored.promise;
    });
    await locked.promise;
    const waiting = b.transaction((tx) => tx.jobs.lockRow(jobId(1)));
    await a.transaction((tx) => tx.jobs.get(jobId(1)));
    database.restore(backup);
    restored.resolve();
    await expect(holding).rejects.toThrow(StoreUnavailableError);
    await expect(waiting).rejects.toThrow('the database was restored');
    expect((await b.transaction((tx) => tx.jobs.lockRow(jobId(1))))?.state).toBe('queued');
  });
});

describe('a memory database that is down', () => {
  it('refuses everything, what is open included, and comes back as it was', async () => {
    const database = createMemoryDatabase();
    const store = database.connect();
    const goneDown = Promise.withResolvers<void>();
    const open = store.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await goneDown.promise;
      return tx.jobs.get(jobId(1));
    });
    await store.transaction((tx) => tx.jobs.insert(job(2)));
    database.down = true;
    goneDown.resolve();
    await expect(open).rejects.toThrow(StoreUnavailableError);
    await expect(store.transaction(async () => 1)).rejects.toThrow(StoreUnavailableError);
    await expect(store.keepDelivery(delivery(1))).rejects.toThrow(StoreUnavailableError);
    await expect(store.epoch()).rejects.toThrow(StoreUnavailableError);
    database.down = false;
    expect((await store.transaction((tx) => tx.jobs.list({}, 9))).map(({ id }) => id)).toEqual([2]);
  });
});

describe('the retention of a memory database', () => {
  const days = (n: number) => after(at(0), hours(24) * n);
  const line = (n: number): HistoryLine => ({
    at: days(n),
    subject: { kind: 'job', id: jobId(1) },
    event: 'job.seen',
    data: { n },
  });

  it('takes whole days of deliveries, but none with an unread one', async () => {
    const database = createMemoryDatabase();
    const store = database.connect();
    for (const [n, day] of [0, 0, 1, 1, 2, 3].entries())
      await store.keepDelivery(delivery(n, { receivedAt: days(day) }));
    await store.transaction(async (tx) => {
      for (const n of [0, 1, 2, 4, 5]) await tx.deliveries.mark(guid(n), 'done', '');
    });
    expect(database.retain({ deliveries: days(3), history: days(0) }).deliveries).toBe(3);
    const kept = await store.transaction((tx) => tx.deliveries.known([0, 1, 2, 3, 4, 5].map(guid)));
    expect([...kept]).toEqual([2, 3, 5].map(guid));
    expect(await store.keepDelivery(delivery(0, { receivedAt: days(4) }))).toBe('stored');
  });

  it('takes whole months of history, and repairs as old', async () => {
    const database = createMemoryDatabase();
    const store = database.connect();
    await store.transaction(async (tx) => {
      await tx.history.append([line(0), line(6), line(7), line(40)]);
      await tx.repairs.append(
        [0, 50].map((n) => ({
          at: days(n),
          kind: 'host-silent',
          cause: 'no heartbeat',
          subject: { kind: 'host', id: host(1).id },
          data: {},
        })),
      );
    });
    const december24 = days(30);
    expect(database.retain({ deliveries: days(0), history: december24 })).toMatchObject({
      history: 2,
      repairs: 1,
    });
    const left = await store.transaction((tx) => tx.history.of({ kind: 'job', id: jobId(1) }, 9));
    expect(left.map(({ data }) => data)).toEqual([{ n: 7 }, { n: 40 }]);
  });
});

describe('a look into a memory database', () => {
  it('shows what is committed, and only that', async () => {
    const database = createMemoryDatabase();
    const store = database.connect();
    const committed = Promise.withResolvers<void>();
    const writing = store.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.jobs.insert(job(2, { state: 'done' }));
      await tx.vms.insert(vm(1));
      await tx.vms.insert(vm(2, { state: 'gone' }));
      await tx.hosts.insert(host(1));
      await tx.tasks.setDeadline(deadline, at(5));
      await committed.promise;
    });
    await store.transaction((tx) => tx.jobs.get(jobId(1)));
    const look = database.peek();
    expect([...look.jobs(), ...look.vms(), ...look.hosts(), ...look.tasks()]).toEqual([]);
    committed.resolve();
    await writing;
    await store.keepDelivery(delivery(1));
    expect([...look.jobs()].map(({ id }) => id)).toEqual([1, 2]);
    expect([...look.jobs(['queued'])].map(({ id }) => id)).toEqual([1]);
    expect([...look.vms(['gone', 'requested'])].map(({ id }) => id)).toEqual([vmName(2), vmName(1)]);
    expect([...look.liveVms()].map(({ id }) => id)).toEqual([vmName(1)]);
    expect([look.job(jobId(2))?.state, look.vm(vmName(2))?.state]).toEqual(['done', 'gone']);
    expect([[...look.hosts()].length, look.deliveries('new'), [...look.repairs()].length]).toEqual([1, 1, 0]);
    expect([...look.tasks()]).toEqual(await store.transaction((tx) => tx.tasks.list(9)));
  });
});
