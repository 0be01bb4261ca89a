import { expect } from 'vitest';
import { type Change, StaleWriteError, type WakeChannel } from '../../../src/ports/store.ts';
import { eventually, itWith, moment, type OpenStores, within } from './stores.ts';
import { acmeKey, at, delivery, guid, host, job, smallKey, vm, vmName } from './things.ts';

export function transactionContract(open: OpenStores): void {
  const it = itWith(open);

  it('keeps all of a transaction, and the other process sees it', async ({ a, b }) => {
    await a.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.vms.insert(vm(1));
      await tx.history.append([{ at: at(0), subject: { kind: 'system' }, event: 'started', data: {} }]);
    });
    const seen = await b.transaction(async (tx) => ({
      job: await tx.jobs.get(job(1).id),
      vm: await tx.vms.get(vmName(1)),
      history: await tx.history.of({ kind: 'system' }, 10),
    }));
    expect(seen.job).toEqual(job(1));
    expect(seen.vm).toEqual(vm(1));
    expect(seen.history).toHaveLength(1);
  });

  it('gives what the work gives, and reads its own writes', async ({ a }) => {
    const state = await a.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.jobs.update(job(1, { state: 'running' }));
      return (await tx.jobs.get(job(1).id))?.state;
    });
    expect(state).toBe('running');
  });

  it('keeps nothing of a transaction that throws, in whatever table it wrote', async ({ a, b }) => {
    await a.keepDelivery(delivery(1));
    await within(a, (tx) => tx.sealed.put(vmName(9), 'sealed'));
    const failed = a.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.vms.insert(vm(1));
      await tx.hosts.insert(host(1));
      await tx.deliveries.mark(guid(1), 'done', '');
      await tx.tasks.enqueue({ kind: 'place' }, at(0));
      await tx.tasks.setDeadline({ kind: 'vm-deadline', vm: vmName(1) }, at(0));
      await tx.history.append([{ at: at(0), subject: { kind: 'system' }, event: 'x', data: {} }]);
      await tx.sealed.erase(vmName(9));
      await tx.budget.put('rest', { remaining: 1, resetAt: at(0), recent: [] });
      await tx.enrolments.add({ tokenHash: 'ab', hostName: 'h', owners: [], expiresAt: at(9) });
      throw new Error('the power went');
    });
    await expect(failed).rejects.toThrow('the power went');
    await b.transaction(async (tx) => {
      expect(await tx.jobs.get(job(1).id)).toBeUndefined();
      expect(await tx.vms.allLive()).toEqual([]);
      expect(await tx.hosts.list()).toEqual([]);
      expect((await tx.deliveries.get(guid(1)))?.state).toBe('new');
      expect(await tx.tasks.list(10)).toEqual([]);
      expect(await tx.history.of({ kind: 'system' }, 10)).toEqual([]);
      expect(await tx.sealed.get(vmName(9))).toBe('sealed');
      expect(await tx.budget.get('rest')).toBeUndefined();
      expect(await tx.enrolments.redeem('ab', at(0))).toBeUndefined();
    });
  });

  it('shows nothing that is not committed, and each statement what is committed by then', async ({
    a,
    b,
  }) => {
    await within(a, (tx) => tx.jobs.insert(job(1)));
    const written = moment();
    const looked = moment();
    const writing = a.transaction(async (tx) => {
      await tx.jobs.update(job(1, { state: 'running' }));
      written.happened();
      await looked.wait;
    });
    await b.transaction(async (tx) => {
      await written.wait;
      expect((await tx.jobs.get(job(1).id))?.state).toBe('queued');
      expect(await tx.jobs.queued(acmeKey, smallKey)).toHaveLength(1);
      looked.happened();
      await writing;
      expect((await tx.jobs.get(job(1).id))?.state).toBe('running');
      expect(await tx.jobs.queued(acmeKey, smallKey)).toHaveLength(0);
    });
  });

  it('runs the work again when it met a stale row, and gives up after some tries', async ({ a }) => {
    let runs = 0;
    const result = await a.transaction(async (tx) => {
      runs += 1;
      await tx.jobs.insert(job(runs));
      if (runs < 3) throw new StaleWriteError('somebody was faster');
      return runs;
    });
    expect(result).toBe(3);
    expect(await within(a, (tx) => tx.jobs.list({}, 10))).toHaveLength(1);

    let tries = 0;
    const hopeless = a.transaction(async () => {
      tries += 1;
      throw new StaleWriteError('always');
    });
    await expect(hopeless).rejects.toBeInstanceOf(StaleWriteError);
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(50);
  });

  it('shares no object between those who write and those who read', async ({ a }) => {
    const mine = job(1);
    await within(a, (tx) => tx.jobs.insert(mine));
    mine.state = 'done';
    const read = await within(a, (tx) => tx.jobs.get(job(1).id));
    expect(read?.state).toBe('queued');
    const change = (): void => {
      if (read !== undefined) read.waitingFor = 'a host';
    };
    // A store may refuse the change or keep it to itself.
    try {
      change();
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
    }
    expect((await within(a, (tx) => tx.jobs.get(job(1).id)))?.waitingFor).toBe('');
  });

  it('wakes those who listen, in every process, only after the commit', async ({ a, b }) => {
    const heard: string[] = [];
    const listen = (channel: WakeChannel): void => {
      a.onWake(channel, () => heard.push(`a ${channel}`));
      b.onWake(channel, () => heard.push(`b ${channel}`));
    };
    listen('tasks');
    listen('host:host-1');
    const before = await a.transaction(async (tx) => {
      tx.wake('tasks');
      await tx.jobs.insert(job(1));
      await within(b, (other) => other.jobs.list({}, 1));
      return [...heard];
    });
    expect(before).toEqual([]);
    await eventually(() => heard.includes('a tasks') && heard.includes('b tasks'));
    expect(heard.filter((entry) => entry.includes('host'))).toEqual([]);
    await b.transaction(async (tx) => tx.wake('host:host-1'));
    await eventually(() => heard.includes('a host:host-1') && heard.includes('b host:host-1'));
  });

  it('wakes nobody for a transaction that failed, nor who has stopped listening', async ({ a }) => {
    const heard: string[] = [];
    a.onWake('tasks', () => heard.push('tasks'));
    const stopped = a.onWake('deliveries', () => heard.push('stopped'));
    stopped.stop();
    const failed = a.transaction(async (tx) => {
      tx.wake('tasks');
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    a.onWake('deliveries', () => heard.push('deliveries'));
    await a.transaction(async (tx) => tx.wake('deliveries'));
    await eventually(() => heard.includes('deliveries'));
    expect(heard).toEqual(['deliveries']);
  });

  it('tells which jobs, VMs and hosts were written, in every process, only after the commit', async ({
    a,
    b,
  }) => {
    const heard: Record<'a' | 'b', Change[]> = { a: [], b: [] };
    a.onChange((change) => heard.a.push(change));
    b.onChange((change) => heard.b.push(change));
    const before = await a.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.vms.insert(vm(1));
      await tx.hosts.insert(host(1));
      await tx.jobs.insert(job(1));
      return [...heard.a, ...heard.b];
    });
    expect(before).toEqual([]);
    const all: Change[] = [
      { kind: 'job', id: '1', owner: 'acme' },
      { kind: 'vm', id: vm(1).id, owner: 'acme' },
      { kind: 'host', id: host(1).id },
    ];
    await eventually(() => heard.a.length >= 3 && heard.b.length >= 3);
    expect(heard).toEqual({ a: all, b: all });
    await within(b, (tx) => tx.jobs.update(job(1, { state: 'running' })));
    await within(b, (tx) => tx.hosts.remove(host(1).id));
    await eventually(() => heard.a.length >= 5 && heard.b.length >= 5);
    expect(heard.a.slice(3)).toEqual([all[0], all[2]]);
  });

  it('tells of each thing that was mended, and whom it concerns', async ({ a, b }) => {
    const heard: Change[] = [];
    b.onChange((change) => heard.push(change));
    const repair = { at: at(0), kind: 'vm-replaced', cause: 'x', data: {} } as const;
    await within(a, (tx) =>
      tx.repairs.append([
        { ...repair, subject: { kind: 'vm', id: vm(1).id }, owner: 'acme' },
        { ...repair, kind: 'host-silent', subject: { kind: 'host', id: host(1).id } },
      ]),
    );
    await eventually(() => heard.length >= 2);
    expect(heard).toEqual([
      { kind: 'repair', id: `vm ${vm(1).id}`, owner: 'acme' },
      { kind: 'repair', id: `host ${host(1).id}` },
    ]);
  });

  it('tells of no row that was not kept, and nobody who has stopped listening', async ({ a }) => {
    const heard: string[] = [];
    const listener = a.onChange(() => heard.push('stopped'));
    listener.stop();
    a.onChange((change) => heard.push(change.kind));
    const failed = a.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await within(a, (tx) => tx.vms.insert(vm(1)));
    await eventually(() => heard.length > 0);
    expect(heard).toEqual(['vm']);
  });

  it('has one epoch for all processes, which stays', async ({ a, b }) => {
    const epoch = await a.epoch();
    expect(epoch).not.toBe('');
    expect(await b.epoch()).toBe(epoch);
    expect(await a.epoch()).toBe(epoch);
  });

  it('takes nothing after it was closed', async ({ a }) => {
    await a.close();
    await expect(within(a, (tx) => tx.jobs.list({}, 1))).rejects.toThrow('closed');
    await expect(a.keepDelivery(delivery(1))).rejects.toThrow('closed');
  });
}
