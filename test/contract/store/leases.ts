import { expect } from 'vitest';
import { after, type Instant } from '../../../src/domain/time.ts';
import type { Store, Task, TaskTable } from '../../../src/ports/store.ts';
import { itWith, meeting, type OpenStores, within } from './stores.ts';
import { acmeKey, at, job, smallKey, vmName } from './things.ts';

type Claim = Parameters<TaskTable['claim']>[0];

/** Takes what is due at `now`, for 30 s, to be tried again after 1 s for each time that it was taken. */
export function claimAll(
  store: Store,
  owner: string,
  now: Instant,
  changes: Partial<Claim> = {},
): Promise<readonly Task[]> {
  const claim: Claim = {
    owner,
    now,
    limit: 10,
    leaseUntil: after(now, 30_000),
    retryAt: (attempts) => after(now, attempts * 1_000),
    ...changes,
  };
  return within(store, (tx) => tx.tasks.claim(claim));
}

export function idOf(task: Task | undefined): Task['id'] {
  if (task === undefined) throw new Error('nothing was claimed');
  return task.id;
}

export function leaseContract(open: OpenStores): void {
  const it = itWith(open);
  const enqueue = (store: Store, n: number, ms: number): Promise<void> =>
    within(store, (tx) => tx.tasks.enqueue({ kind: 'read-job', job: job(n).id }, at(ms)));

  it('hands out what is due, earliest first, and nothing before its time', async ({ a }) => {
    await enqueue(a, 1, 20);
    await enqueue(a, 2, 10);
    await enqueue(a, 3, 30);
    expect(jobsOf(await claimAll(a, 'one', at(25), { limit: 1 }))).toEqual([2]);
    expect(jobsOf(await claimAll(a, 'one', at(25)))).toEqual([1]);
    expect(jobsOf(await claimAll(a, 'one', at(29)))).toEqual([]);
    expect(jobsOf(await claimAll(a, 'one', at(30)))).toEqual([3]);
  });

  it('hands out only the kinds that were asked for', async ({ a }) => {
    await a.transaction(async (tx) => {
      await tx.tasks.enqueue({ kind: 'place' }, at(0));
      await tx.tasks.enqueue({ kind: 'balance', scope: acmeKey, labels: smallKey }, at(0));
      await tx.tasks.setDeadline({ kind: 'vm-deadline', vm: vmName(1) }, at(0));
    });
    const kinds = (tasks: readonly Task[]): string[] => tasks.map((task) => task.what.kind);
    expect(kinds(await claimAll(a, 'one', at(1), { kinds: [] }))).toEqual([]);
    expect(kinds(await claimAll(a, 'one', at(1), { kinds: ['vm-deadline'] }))).toEqual(['vm-deadline']);
    expect(kinds(await claimAll(a, 'one', at(1), { kinds: ['place', 'read-job'] }))).toEqual(['place']);
    expect(kinds(await claimAll(a, 'one', at(1)))).toEqual(['balance']);
  });

  it('gives two who claim at the same time different tasks', async ({ a, b }) => {
    for (let n = 1; n <= 4; n += 1) await enqueue(a, n, n);
    const bothHaveClaimed = meeting(2);
    const claim = (store: Store, owner: string): Promise<number[]> =>
      store.transaction(async (tx) => {
        const leaseUntil = at(30_000);
        const retryAt = (): Instant => at(1_000);
        const tasks = await tx.tasks.claim({ owner, now: at(9), limit: 2, leaseUntil, retryAt });
        await bothHaveClaimed();
        return jobsOf(tasks);
      });
    const [mine, yours] = await Promise.all([claim(a, 'one'), claim(b, 'two')]);
    expect([...mine, ...yours].sort()).toEqual([1, 2, 3, 4]);
  });

  it('takes a task from a holder who died, when the lease has run out, and counts the tries', async ({
    a,
    b,
  }) => {
    await enqueue(a, 1, 0);
    const [first] = await claimAll(a, 'one', at(0));
    expect(first).toMatchObject({ attempts: 1, dueAt: at(0) });
    expect(await claimAll(b, 'two', at(29_999))).toEqual([]);
    const [second] = await claimAll(b, 'two', at(30_000));
    expect(second).toMatchObject({ id: first?.id, attempts: 2 });
  });

  it('says from whom it took a task, and of a free one nothing', async ({ a, b }) => {
    await enqueue(a, 1, 0);
    const [first] = await claimAll(a, 'one', at(0));
    expect(first).not.toHaveProperty('takenFrom');
    const [second] = await claimAll(b, 'two', at(30_000));
    expect(second?.takenFrom).toBe('one');
    await within(b, (tx) => tx.tasks.release(idOf(second), 'two', at(40_000), 'failed'));
    const [third] = await claimAll(a, 'one', at(40_000));
    expect(third).not.toHaveProperty('takenFrom');
    for (const task of await within(a, (tx) => tx.tasks.list(10)))
      expect(task).not.toHaveProperty('takenFrom');
  });

  it('holds a dead holder’s task back until its next try is due, if that is later than the lease', async ({
    a,
  }) => {
    await enqueue(a, 1, 0);
    await claimAll(a, 'one', at(0), { retryAt: (attempts) => at(attempts * 90_000) });
    expect(await within(a, (tx) => tx.tasks.nextDue())).toBe(at(90_000));
    expect(await claimAll(a, 'two', at(60_000))).toEqual([]);
    expect(await claimAll(a, 'two', at(90_000))).toHaveLength(1);
  });

  it('renews a lease, and says so when it is lost', async ({ a, b }) => {
    await enqueue(a, 1, 0);
    const [task] = await claimAll(a, 'one', at(0));
    const id = idOf(task);
    expect(await within(a, (tx) => tx.tasks.renew(id, 'one', at(60_000)))).toBe(true);
    expect(await claimAll(b, 'two', at(45_000))).toEqual([]);
    expect(await claimAll(b, 'two', at(60_000))).toHaveLength(1);
    expect(await within(a, (tx) => tx.tasks.renew(id, 'one', at(90_000)))).toBe(false);
    expect(await within(a, (tx) => tx.tasks.complete(id, 'one'))).toBe(false);
    await within(a, (tx) => tx.tasks.release(id, 'one', at(0), 'late'));
    expect(await claimAll(a, 'one', at(61_000))).toEqual([]);
    expect(await within(b, (tx) => tx.tasks.complete(id, 'two'))).toBe(true);
    expect(await within(b, (tx) => tx.tasks.complete(id, 'two'))).toBe(false);
    expect(await within(b, (tx) => tx.tasks.list(10))).toEqual([]);
  });

  it('lets a late holder go on while nobody has taken the task from him', async ({ a }) => {
    await enqueue(a, 1, 0);
    const [task] = await claimAll(a, 'one', at(0));
    expect(await within(a, (tx) => tx.tasks.renew(idOf(task), 'one', at(200_000)))).toBe(true);
    expect(await within(a, (tx) => tx.tasks.complete(idOf(task), 'one'))).toBe(true);
  });

  it('frees a failed task at the time it was told, with its error', async ({ a, b }) => {
    await enqueue(a, 1, 0);
    const [task] = await claimAll(a, 'one', at(0));
    await within(a, (tx) => tx.tasks.release(idOf(task), 'one', at(700), 'connection reset\u0000'));
    expect(await claimAll(b, 'two', at(699))).toEqual([]);
    const [again] = await claimAll(b, 'two', at(700));
    expect(again).toMatchObject({ id: idOf(task), attempts: 2, dueAt: at(700) });
    expect(again?.lastError).toContain('connection reset');
  });

  it('says when to look again: the next due time or the end of the next lease', async ({ a }) => {
    const nextDue = (): Promise<Instant | undefined> => within(a, (tx) => tx.tasks.nextDue());
    expect(await nextDue()).toBeUndefined();
    await enqueue(a, 1, 100);
    await enqueue(a, 2, 50);
    expect(await nextDue()).toBe(at(50));
    const [task] = await claimAll(a, 'one', at(60));
    expect(await nextDue()).toBe(at(100));
    await claimAll(a, 'one', at(100));
    expect(await nextDue()).toBe(at(30_060));
    await within(a, (tx) => tx.tasks.complete(idOf(task), 'one'));
    expect(await nextDue()).toBe(at(30_100));
  });
}

const jobsOf = (tasks: readonly Task[]): number[] =>
  tasks.map((task) => ('job' in task.what ? task.what.job : Number.NaN));
