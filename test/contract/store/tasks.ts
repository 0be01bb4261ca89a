import { expect } from 'vitest';
import { runnerName } from '../../../src/domain/ids.ts';
import type { Deadline, Effect } from '../../../src/domain/lifecycle/effects.ts';
import type { Store, Task } from '../../../src/ports/store.ts';
import { claimAll, idOf } from './leases.ts';
import { isStillOpen, itWith, meeting, moment, type OpenStores, within } from './stores.ts';
import { acme, acmeKey, at, bigKey, job, smallKey, vmName } from './things.ts';

const place: Effect = { kind: 'place' };
const deadline: Deadline = { kind: 'vm-deadline', vm: vmName(1) };

export function taskContract(open: OpenStores): void {
  const it = itWith(open);

  it('gives back what was asked for, as often as it was asked differently, in the order of time', async ({
    a,
  }) => {
    const asked: Effect[] = [
      { kind: 'balance', scope: acmeKey, labels: smallKey },
      { kind: 'balance', scope: acmeKey, labels: bigKey },
      { kind: 'forget-runner', vm: vmName(1), scope: acme, runnerName: runnerName('bellows-1') },
      { kind: 'read-job', job: job(1).id },
    ];
    await a.transaction(async (tx) => {
      for (const [i, what] of asked.entries()) await tx.tasks.enqueue(what, at(100 - i));
    });
    const tasks = await within(a, (tx) => tx.tasks.list(10));
    expect(tasks.map((task) => task.what)).toEqual(asked.toReversed());
    expect(tasks[0]).toMatchObject({ dueAt: at(97), attempts: 0, lastError: '' });
    expect(await within(a, (tx) => tx.tasks.list(1))).toHaveLength(1);
  });

  it('keeps one task for the same thing asked twice, with the earlier time', async ({ a, b }) => {
    await within(a, (tx) => tx.tasks.enqueue(place, at(50)));
    await within(b, (tx) => tx.tasks.enqueue(place, at(10)));
    await within(a, (tx) => tx.tasks.enqueue(place, at(90)));
    expect(times(await within(a, (tx) => tx.tasks.list(10)))).toEqual([at(10)]);
  });

  it('keeps one task also when two ask for it at the same time', async ({ a, b }) => {
    const bothAreIn = meeting(2);
    const ask = (store: Store, ms: number): Promise<void> =>
      store.transaction(async (tx) => {
        await tx.tasks.nextDue();
        await bothAreIn();
        await tx.tasks.enqueue(place, at(ms));
      });
    await Promise.all([ask(a, 20), ask(b, 10)]);
    expect(times(await within(a, (tx) => tx.tasks.list(10)))).toEqual([at(10)]);
  });

  it('asks anew for what is taken already: its holder may not have seen the reason', async ({ a }) => {
    await within(a, (tx) => tx.tasks.enqueue(place, at(0)));
    await claimAll(a, 'one', at(1));
    await within(a, (tx) => tx.tasks.enqueue(place, at(2)));
    await within(a, (tx) => tx.tasks.enqueue(place, at(2)));
    const again = await claimAll(a, 'two', at(3));
    expect(again.map((task) => task.what)).toEqual([place]);
  });

  it('tells whether somebody has taken it, also when his lease has run out', async ({ a, b }) => {
    const isTaken = () => within(b, (tx) => tx.tasks.isTaken(place));
    expect(await isTaken()).toBe(false);
    await within(a, (tx) => tx.tasks.enqueue(place, at(0)));
    expect(await isTaken()).toBe(false);
    const [task] = await claimAll(a, 'one', at(1));
    expect(await isTaken()).toBe(true);
    await within(a, (tx) => tx.tasks.enqueue(place, at(2)));
    expect(await isTaken()).toBe(true);
    if (task !== undefined) await within(a, (tx) => tx.tasks.complete(task.id, 'one'));
    expect(await isTaken()).toBe(false);
  });

  it('asks anew for what is just being taken, once that is certain', async ({ a, b }) => {
    await within(a, (tx) => tx.tasks.enqueue(place, at(0)));
    const taken = moment();
    const taking = a.transaction(async (tx) => {
      await tx.tasks.claim({
        owner: 'one',
        now: at(1),
        limit: 1,
        leaseUntil: at(30_000),
        retryAt: () => at(2_000),
      });
      taken.happened();
      return isStillOpen(asking, () => tx.tasks.nextDue());
    });
    const asking = taken.wait.then(() => within(b, (tx) => tx.tasks.enqueue(place, at(1))));
    expect(await taking).toBe(true);
    await asking;
    expect(await within(a, (tx) => tx.tasks.list(10))).toHaveLength(2);
  });

  it('makes one of the two when the taken one fails', async ({ a }) => {
    await within(a, (tx) => tx.tasks.enqueue(place, at(0)));
    const [task] = await claimAll(a, 'one', at(1));
    await within(a, (tx) => tx.tasks.enqueue(place, at(500)));
    await within(a, (tx) => tx.tasks.release(idOf(task), 'one', at(300), 'GitHub said 502'));
    const left = await within(a, (tx) => tx.tasks.list(10));
    expect(left).toMatchObject([{ what: place, dueAt: at(300), attempts: 1, lastError: 'GitHub said 502' }]);
  });

  it('sets the one deadline of a VM, moves it later and earlier, and takes it away', async ({ a }) => {
    const set = (ms: number | undefined): Promise<void> =>
      within(a, (tx) => tx.tasks.setDeadline(deadline, ms === undefined ? undefined : at(ms)));
    const due = async (): Promise<number[]> => times(await within(a, (tx) => tx.tasks.list(10)));
    await set(100);
    expect(await due()).toEqual([at(100)]);
    await set(900);
    expect(await due()).toEqual([at(900)]);
    await set(50);
    expect(await due()).toEqual([at(50)]);
    await within(a, (tx) => tx.tasks.setDeadline({ kind: 'vm-deadline', vm: vmName(2) }, at(60)));
    await set(undefined);
    expect(await due()).toEqual([at(60)]);
    await set(undefined);
  });

  it('does not bring back a taken deadline that was set anew meanwhile', async ({ a }) => {
    await within(a, (tx) => tx.tasks.setDeadline(deadline, at(0)));
    const [task] = await claimAll(a, 'one', at(1));
    await within(a, (tx) => tx.tasks.setDeadline(deadline, at(5_000)));
    await within(a, (tx) => tx.tasks.release(idOf(task), 'one', at(10), 'host did not answer'));
    expect(times(await within(a, (tx) => tx.tasks.list(10)))).toEqual([at(5_000)]);
  });

  it('lets the holder of a deadline complete it in the transaction that sets the next', async ({ a }) => {
    await within(a, (tx) => tx.tasks.setDeadline(deadline, at(0)));
    const [task] = await claimAll(a, 'one', at(1));
    const completed = await a.transaction(async (tx) => {
      await tx.tasks.setDeadline(deadline, at(7_000));
      return tx.tasks.complete(idOf(task), 'one');
    });
    expect(completed).toBe(true);
    expect(times(await within(a, (tx) => tx.tasks.list(10)))).toEqual([at(7_000)]);
  });

  it('does not hand out a replaced deadline whose holder died', async ({ a }) => {
    await within(a, (tx) => tx.tasks.setDeadline(deadline, at(0)));
    await claimAll(a, 'one', at(1));
    await within(a, (tx) => tx.tasks.setDeadline(deadline, undefined));
    expect(await claimAll(a, 'two', at(100_000))).toEqual([]);
    expect(await within(a, (tx) => tx.tasks.nextDue())).toBeUndefined();
  });
}

const times = (tasks: readonly Task[]): number[] => tasks.map((task) => task.dueAt);
