// What happens when two processes do the same thing at the same time. The anomalies of READ COMMITTED are part of the
// contract: a simulation that does not show them would prove too much.

import { expect } from 'vitest';
import type { Store, Transaction } from '../../../src/ports/store.ts';
import { isStillOpen, itWith, meeting, moment, type OpenStores, within } from './stores.ts';
import { acmeKey, job, smallKey, vm, vmName } from './things.ts';

export function raceContract(open: OpenStores): void {
  const it = itWith(open);

  it('loses no update: the second of two writers is told, and runs again on what the first wrote', async (stores) => {
    await within(stores.a, (tx) => tx.jobs.insert(job(1, { waitingFor: '' })));
    const bothHaveRead = meeting(2);
    let runs = 0;
    const append = (store: Store, word: string): Promise<void> =>
      store.transaction(async (tx) => {
        runs += 1;
        const read = await tx.jobs.get(job(1).id);
        await bothHaveRead();
        if (read !== undefined) await tx.jobs.update({ ...read, waitingFor: `${read.waitingFor}${word}` });
      });
    await Promise.all([append(stores.a, 'x'), append(stores.b, 'x')]);
    const after = await within(stores.a, (tx) => tx.jobs.get(job(1).id));
    expect(after?.waitingFor).toBe('xx');
    expect(after?.version).toBe(3);
    expect(runs).toBe(3);
  });

  it('makes who wants a locked row wait, and then shows him what was written', async ({ a, b }) => {
    await within(a, (tx) => tx.vms.insert(vm(1)));
    const locked = moment();
    const first = a.transaction(async (tx) => {
      const row = await tx.vms.lockRow(vmName(1));
      locked.happened();
      await locked.wait;
      const stillWaits = await isStillOpen(second, () => tx.vms.allLive());
      if (row !== undefined) await tx.vms.update({ ...row, state: 'placed' });
      return stillWaits;
    });
    const second: Promise<string | undefined> = locked.wait.then(() =>
      b.transaction(async (tx) => (await tx.vms.lockRow(vmName(1)))?.state),
    );
    expect(await first).toBe(true);
    expect(await second).toBe('placed');
  });

  it('lets others read a locked row', async ({ a, b }) => {
    await within(a, (tx) => tx.vms.insert(vm(1)));
    await a.transaction(async (tx) => {
      await tx.vms.lockRow(vmName(1));
      expect(await within(b, (other) => other.vms.get(vmName(1)))).toEqual(vm(1));
      expect(await within(b, (other) => other.vms.allLive())).toHaveLength(1);
    });
  });

  it('inserts a row once, also when two try at the same time', async ({ a, b }) => {
    const bothAreIn = meeting(2);
    const insert = (store: Store): Promise<boolean> =>
      store.transaction(async (tx) => {
        await tx.jobs.list({}, 1);
        await bothAreIn();
        return tx.jobs.insert(job(1));
      });
    const outcomes = await Promise.all([insert(a), insert(b)]);
    expect(outcomes.sort()).toEqual([false, true]);
  });

  it('lets the second insert when the first was rolled back', async ({ a, b }) => {
    const inserted = moment();
    const first = a.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      inserted.happened();
      await isStillOpen(second, () => tx.jobs.list({}, 1));
      throw new Error('not after all');
    });
    const second = inserted.wait.then(() => within(b, (tx) => tx.jobs.insert(job(1))));
    await expect(first).rejects.toThrow('not after all');
    expect(await second).toBe(true);
  });

  it('ends a deadlock: one of the two runs again, and both are done', async ({ a, b }) => {
    await within(a, async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.jobs.insert(job(2));
    });
    const bothHaveOne = meeting(2);
    let runs = 0;
    const raise = (store: Store, order: readonly [number, number]): Promise<void> =>
      store.transaction(async (tx) => {
        runs += 1;
        await raiseVersion(tx, order[0]);
        await bothHaveOne();
        await raiseVersion(tx, order[1]);
      });
    await Promise.all([raise(a, [1, 2]), raise(b, [2, 1])]);
    const versions = (await within(a, (tx) => tx.jobs.list({}, 10))).map((row) => row.version);
    expect(versions).toEqual([3, 3]);
    // Who runs again may be back before the other has gone on, and meet him once more.
    expect(runs).toBeGreaterThanOrEqual(3);
  });

  it('shows phantoms to who takes no lock: two that saw no VM make two', async (stores) => {
    expect(await makeOneIfNone(stores.a, stores.b, 'without a lock')).toBe(2);
  });

  it('shows no phantoms to who holds the same named lock: the second sees what the first made', async (stores) => {
    expect(await makeOneIfNone(stores.a, stores.b, 'with a lock')).toBe(1);
  });

  it('shows write skew to who takes no lock: each gives up the one that the other relied on', async (stores) => {
    expect(await keepOneIdle(stores.a, stores.b, 'without a lock')).toBe(0);
  });

  it('shows no write skew to who holds the same named lock', async (stores) => {
    expect(await keepOneIdle(stores.a, stores.b, 'with a lock')).toBe(1);
  });

  it('keeps named locks apart by their names, and gives them back when the transaction fails', async ({
    a,
    b,
  }) => {
    const failed = a.transaction(async (tx) => {
      await tx.lock('balance:x');
      await tx.lock('balance:x');
      await within(b, (other) => other.lock('balance:y'));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await within(b, (tx) => tx.lock('balance:x'));
  });
}

type Locking = 'with a lock' | 'without a lock';

async function raiseVersion(tx: Transaction, id: number): Promise<void> {
  const row = await tx.jobs.lockRow(job(id).id);
  if (row !== undefined) await tx.jobs.update(row);
}

/** Two processes each look for a VM and make one if they see none. Gives how many there are then. */
async function makeOneIfNone(a: Store, b: Store, locking: Locking): Promise<number> {
  const bothHaveLooked = meeting(2);
  const look = (store: Store, n: number): Promise<void> =>
    store.transaction(async (tx) => {
      if (locking === 'with a lock') await tx.lock('balance:acme');
      const live = await tx.vms.live(acmeKey, smallKey);
      if (locking === 'without a lock') await bothHaveLooked();
      if (live.length === 0) await tx.vms.insert(vm(n));
    });
  await Promise.all([look(a, 1), look(b, 2)]);
  return (await within(a, (tx) => tx.vms.allLive())).length;
}

/** Of two idle VMs each process gives one up, but only if another stays. Gives how many are idle then. */
async function keepOneIdle(a: Store, b: Store, locking: Locking): Promise<number> {
  await within(a, async (tx) => {
    await tx.vms.insert(vm(1, { state: 'idle' }));
    await tx.vms.insert(vm(2, { state: 'idle' }));
  });
  const bothHaveLooked = meeting(2);
  const idleIn = async (tx: Transaction): Promise<number> =>
    (await tx.vms.allLive()).filter((row) => row.state === 'idle').length;
  const giveUp = (store: Store, n: number): Promise<void> =>
    store.transaction(async (tx) => {
      if (locking === 'with a lock') await tx.lock('placement');
      const idle = await idleIn(tx);
      if (locking === 'without a lock') await bothHaveLooked();
      const own = await tx.vms.lockRow(vmName(n));
      if (idle > 1 && own !== undefined) await tx.vms.update({ ...own, state: 'stopping' });
    });
  await Promise.all([giveUp(a, 1), giveUp(b, 2)]);
  return within(a, idleIn);
}
