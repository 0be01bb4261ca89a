import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/contract/store/stores.ts';
import { acmeKey, delivery, guid, job, smallKey, vm, vmName } from '../../../test/contract/store/things.ts';
import { storeContract } from '../../../test/contract/store.ts';
import { withFaultPoints } from './fault-points.ts';
import { createMemoryDatabase, openMemoryStore } from './memory-store.ts';

storeContract('the memory store', async () => {
  const database = createMemoryDatabase();
  const [a, b] = [database.connect(), database.connect()];
  return { a, b, close: () => Promise.all([a.close(), b.close()]).then(() => undefined) };
});

describe('a process on the memory store that dies', () => {
  it('leaves nothing of its open transaction, and its locks to others', async () => {
    const database = createMemoryDatabase();
    const [doomed, other] = [database.connect(), database.connect()];
    await other.transaction((tx) => tx.vms.insert(vm(1)));
    const locked = Promise.withResolvers<void>();
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    doomed
      .transaction(async (tx) => {
        await tx.lock('placement');
        await tx.vms.lockRow(vmName(1));
        await tx.jobs.insert(job(1));
        locked.resolve();
        await tx.vms.update(vm(1, { state: 'placed' }));
        await new Promise(() => {});
      })
      .then(settle, settle);
    await locked.promise;
    const waiting = other.transaction(async (tx) => {
      await tx.lock('placement');
      return (await tx.vms.lockRow(vmName(1)))?.state;
    });
    doomed.crash();
    expect(await waiting).toBe('requested');
    expect(await other.transaction((tx) => tx.jobs.queued(acmeKey, smallKey))).toEqual([]);
    expect(settled).toBe(false);
  });

  it('hears nothing more: no answer to what it waits for, no wake', async () => {
    const database = createMemoryDatabase();
    const [doomed, other] = [database.connect(), database.connect()];
    await other.transaction((tx) => tx.vms.insert(vm(1)));
    const heard: string[] = [];
    const note = (word: string) => (): void => void heard.push(word);
    doomed.onWake('tasks', note('wake'));
    other.onWake('tasks', note('other'));
    const free = Promise.withResolvers<void>();
    const holding = other.transaction(async (tx) => {
      await tx.vms.lockRow(vmName(1));
      tx.wake('tasks');
      await free.promise;
    });
    doomed.transaction((tx) => tx.vms.lockRow(vmName(1))).then(note('lock'), note('lock failed'));
    await other.transaction((tx) => tx.vms.get(vmName(1)));
    doomed.crash();
    free.resolve();
    await holding;
    doomed.keepDelivery(delivery(1)).then(note('kept'), note('not kept'));
    doomed.epoch().then(note('epoch'), note('no epoch'));
    await eventually(() => heard.includes('other'));
    expect(heard).toEqual(['other']);
    expect(await other.transaction((tx) => tx.deliveries.get(guid(1)))).toBeUndefined();
    expect(await other.transaction((tx) => tx.vms.lockRow(vmName(1)))).toEqual(vm(1));
  });
});

describe('the memory store', () => {
  it('gives the same order of events for the same calls', async () => {
    const run = async (): Promise<string[]> => {
      const database = createMemoryDatabase();
      const stores = [database.connect(), database.connect(), database.connect()];
      const events: string[] = [];
      await Promise.all(
        stores.map((store, i) =>
          store.transaction(async (tx) => {
            await tx.lock(i === 1 ? 'placement' : 'balance:x');
            events.push(`${i} locked`);
            await tx.jobs.insert(job(1));
            events.push(`${i} inserted`);
          }),
        ),
      );
      return events;
    };
    const first = await run();
    expect(first).toHaveLength(6);
    expect(await run()).toEqual(first);
  });

  it('runs on promises alone: it has no timer', async () => {
    const store = openMemoryStore({ epoch: 'e-1' });
    expect(await store.epoch()).toBe('e-1');
    const late = store.transaction(async (tx) => tx);
    const tx = await late;
    await expect(tx.jobs.get(job(1).id)).rejects.toThrow('bug: a statement came after the end');
  });
});

describe('fault points', () => {
  it('are passed before and after each call, the commit among them', async () => {
    const passed: string[] = [];
    const store = withFaultPoints(openMemoryStore(), {
      before: (call) => void passed.push(`> ${call}`),
      after: (call) => void passed.push(`< ${call}`),
    });
    await store.transaction(async (tx) => {
      await tx.lock('placement');
      await tx.jobs.insert(job(1));
    });
    await store.keepDelivery(delivery(1));
    expect(passed).toEqual([
      ...['> transaction', '> lock', '< lock', '> jobs.insert', '< jobs.insert'],
      ...['> commit', '< transaction', '> keepDelivery', '< keepDelivery'],
    ]);
  });

  it.each([
    ['before', 'commit', 0],
    ['after', 'jobs.insert', 0],
    ['after', 'transaction', 1],
  ] as const)('that fail %s %s leave %i jobs', async (when, where, jobs) => {
    const inner = openMemoryStore();
    const fail = (call: string): void => {
      if (call === where) throw new Error('connection lost');
    };
    const quiet = (): void => {};
    const store = withFaultPoints(inner, { before: quiet, after: quiet, [when]: fail });
    await expect(store.transaction((tx) => tx.jobs.insert(job(1)))).rejects.toThrow('connection lost');
    expect(await inner.transaction((tx) => tx.jobs.list({}, 9))).toHaveLength(jobs);
  });
});
