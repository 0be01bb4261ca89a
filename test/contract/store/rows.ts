import { expect } from 'vitest';
import { installationId, jobId, runId, runnerName } from '../../../src/domain/ids.ts';
import { labelKey, labelSet } from '../../../src/domain/labels/label-set.ts';
import { StaleWriteError } from '../../../src/ports/store.ts';
import { itWith, type OpenStores, within } from './stores.ts';
import {
  acme,
  acmeKey,
  at,
  big,
  bigKey,
  globex,
  globexKey,
  host,
  hostName,
  job,
  smallKey,
  vm,
  vmName,
} from './things.ts';

export function rowContract(open: OpenStores): void {
  const it = itWith(open);

  it('gives back a row with all its fields, whatever is in its texts', async ({ a }) => {
    const full = vm(1, { host: hostName(1), job: jobId(5), release: { why: 'too many', startedAt: at(3) } });
    await within(a, (tx) => tx.vms.insert(full));
    const read = await within(a, (tx) => tx.vms.get(vmName(1)));
    expect(read).toStrictEqual(full);
    const odd = job(2 ** 52, {
      name: 'emoji 🫁, quote \' " \\ and \u0000 nul',
      labels: labelSet(['a\u0000b']),
    });
    await within(a, (tx) => tx.jobs.insert(odd));
    expect(await within(a, (tx) => tx.jobs.get(odd.id))).toStrictEqual(odd);
    expect(await within(a, (tx) => tx.jobs.queued(acmeKey, labelKey(odd.labels)))).toHaveLength(1);
  });

  it('inserts only what is not there', async ({ a }) => {
    await a.transaction(async (tx) => {
      expect(await tx.hosts.insert(host(1))).toBe(true);
      expect(await tx.hosts.insert(host(1, { name: 'another' }))).toBe(false);
      expect((await tx.hosts.get(hostName(1)))?.name).toBe('rack-1');
      expect(await tx.hosts.lockRow(hostName(2))).toBeUndefined();
    });
  });

  it('raises the version with each write, and refuses a write on an older one', async ({ a }) => {
    const hold = { kind: 'draining', by: 'ada', why: 'a new disk', since: at(1) } as const;
    await within(a, (tx) => tx.hosts.insert(host(1)));
    await within(a, (tx) => tx.hosts.update(host(1, { hold })));
    expect(await within(a, (tx) => tx.hosts.get(hostName(1)))).toEqual(host(1, { hold, revision: 2 }));
    const stale = within(a, (tx) => tx.hosts.update(host(1, { state: 'silent' })));
    await expect(stale).rejects.toBeInstanceOf(StaleWriteError);
    const missing = within(a, (tx) => tx.vms.update(vm(1)));
    await expect(missing).rejects.toBeInstanceOf(StaleWriteError);
  });

  it('writes down why many jobs wait, but for those that were written since they were read', async ({
    a,
    b,
  }) => {
    const odd = job(1, { name: 'nul \u0000 and half \ud800' });
    await a.transaction(async (tx) => {
      for (const row of [odd, job(2), job(3)]) await tx.jobs.insert(row);
    });
    await a.transaction(async (tx) => {
      const seen = await tx.jobs.allQueued(10);
      await within(b, (other) => other.jobs.update(job(2, { state: 'running' })));
      await tx.jobs.sayWhy(seen.toReversed(), 'full: 1 of 1 hosts');
      expect((await tx.jobs.get(odd.id))?.waitingFor).toBe('full: 1 of 1 hosts');
      await tx.jobs.sayWhy([], 'nobody waits');
    });
    await a.transaction(async (tx) => {
      const raised = odd.version + 1;
      expect(await tx.jobs.get(odd.id)).toEqual({
        ...odd,
        waitingFor: 'full: 1 of 1 hosts',
        version: raised,
      });
      expect(await tx.jobs.get(jobId(2))).toEqual(job(2, { state: 'running', version: raised }));
      expect((await tx.jobs.allQueued(10)).map(({ waitingFor }) => waitingFor)).toEqual([
        'full: 1 of 1 hosts',
        'full: 1 of 1 hosts',
      ]);
    });
  });

  it('tells the demand of one scope and label set, oldest first', async ({ a }) => {
    await a.transaction(async (tx) => {
      await tx.jobs.insert(job(3));
      await tx.jobs.insert(job(1));
      await tx.jobs.insert(job(2, { firstSeenAt: at(1) }));
      await tx.jobs.insert(job(4, { labels: big }));
      await tx.jobs.insert(job(5, { scope: globex }));
      await tx.jobs.insert(job(6, { state: 'running' }));
      await tx.jobs.insert(job(7, { service: { kind: 'foreign' } }));
    });
    await a.transaction(async (tx) => {
      expect(ids(await tx.jobs.queued(acmeKey, smallKey))).toEqual([1, 2, 3]);
      expect(ids(await tx.jobs.queued(acmeKey, bigKey))).toEqual([4]);
      expect(ids(await tx.jobs.queued(globexKey, smallKey))).toEqual([5]);
      expect(ids(await tx.jobs.running(acmeKey, smallKey))).toEqual([6]);
      expect(ids(await tx.jobs.running(globexKey, smallKey))).toEqual([]);
      expect(ids(await tx.jobs.allQueued(3))).toEqual([1, 2, 3]);
      expect(ids(await tx.jobs.allQueued(100))).toEqual([1, 2, 3, 4, 5]);
    });
  });

  it('lists jobs newest first, by owner, repository, state and run', async ({ a }) => {
    await a.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.jobs.insert(job(2, { state: 'done', runId: runId(2) }));
      await tx.jobs.insert(
        job(3, { scope: globex, repository: { ...job(3).repository, fullName: 'Globex/App' } }),
      );
    });
    await a.transaction(async (tx) => {
      expect(ids(await tx.jobs.list({}, 2))).toEqual([3, 2]);
      expect(ids(await tx.jobs.list({ owner: 'acme' }, 9))).toEqual([2, 1]);
      expect(ids(await tx.jobs.list({ repository: 'globex/app' }, 9))).toEqual([3]);
      expect(ids(await tx.jobs.list({ states: ['done', 'lost'] }, 9))).toEqual([2]);
      expect(ids(await tx.jobs.list({ states: [] }, 9))).toEqual([]);
      expect(ids(await tx.jobs.list({ runId: 2, owner: 'acme' }, 9))).toEqual([2]);
      expect(ids(await tx.jobs.list({ runId: 2, owner: 'globex' }, 9))).toEqual([]);
    });
  });

  it('tells where jobs of ours are open or were lately', async ({ a }) => {
    const elsewhere = { ...job(1).repository, fullName: 'Acme/Other' };
    await a.transaction(async (tx) => {
      await tx.jobs.insert(job(1));
      await tx.jobs.insert(job(2, { state: 'running', runId: runId(2) }));
      await tx.jobs.insert(job(3, { state: 'waiting', runId: runId(2) }));
      await tx.jobs.insert(job(4, { state: 'done', runId: runId(3) }));
      await tx.jobs.insert(job(5, { state: 'done', repository: elsewhere }));
      await tx.jobs.insert(job(6, { state: 'foreign', service: { kind: 'foreign' }, repository: elsewhere }));
    });
    const app = { repository: 'acme/app', queued: 1, open: 3, openRuns: 2 };
    await a.transaction(async (tx) => {
      const lately = [...(await tx.jobs.activity(at(4)))].sort((x, y) => y.open - x.open);
      expect(lately).toEqual([
        { ...app, lastSeenAt: at(4) },
        { repository: 'acme/other', queued: 0, open: 0, openRuns: 0, lastSeenAt: at(5) },
      ]);
      expect(await tx.jobs.activity(at(6))).toEqual([{ ...app, lastSeenAt: at(3) }]);
    });
  });

  it('follows a job into another list when its state changes', async ({ a }) => {
    await within(a, (tx) => tx.jobs.insert(job(1)));
    await within(a, (tx) => tx.jobs.update(job(1, { state: 'running', scope: globex, runId: runId(9) })));
    await a.transaction(async (tx) => {
      expect(await tx.jobs.queued(acmeKey, smallKey)).toEqual([]);
      expect(ids(await tx.jobs.list({ owner: 'globex', runId: 9, states: ['running'] }, 9))).toEqual([1]);
      expect(ids(await tx.jobs.list({ owner: 'acme' }, 9))).toEqual([]);
    });
  });

  it('tells the live VMs of a label set, of a host, and of all, oldest first', async ({ a }) => {
    await a.transaction(async (tx) => {
      await tx.vms.insert(vm(3));
      await tx.vms.insert(vm(1, { state: 'idle', host: hostName(1) }));
      await tx.vms.insert(vm(2, { state: 'gone', host: hostName(1) }));
      await tx.vms.insert(vm(4, { labels: big, state: 'failed', host: hostName(1) }));
      await tx.vms.insert(vm(5, { scope: globex, state: 'busy', host: hostName(2) }));
    });
    await a.transaction(async (tx) => {
      expect(numbers(await tx.vms.live(acmeKey, smallKey))).toEqual([1, 3]);
      expect(numbers(await tx.vms.live(acmeKey, bigKey))).toEqual([4]);
      expect(numbers(await tx.vms.allLive())).toEqual([1, 3, 4, 5]);
      expect(numbers(await tx.vms.onHost(hostName(1)))).toEqual([1, 4]);
      expect(numbers(await tx.vms.unplaced(9))).toEqual([3]);
    });
    await within(a, (tx) => tx.vms.update(vm(3, { state: 'placed', host: hostName(2) })));
    expect(numbers(await within(a, (tx) => tx.vms.onHost(hostName(2))))).toEqual([3, 5]);
    expect(numbers(await within(a, (tx) => tx.vms.unplaced(9)))).toEqual([]);
  });

  it('tells also the VMs that went lately, and every job of some runs', async ({ a }) => {
    await a.transaction(async (tx) => {
      await tx.vms.insert(vm(1, { state: 'gone', since: at(99) }));
      await tx.vms.insert(vm(2, { state: 'gone', since: at(100) }));
      await tx.vms.insert(vm(3, { state: 'idle', since: at(50) }));
      await tx.vms.insert(vm(4, { state: 'gone', since: at(200), labels: big }));
      await tx.jobs.insert(job(2, { state: 'done', labels: big }));
      await tx.jobs.insert(job(1));
      await tx.jobs.insert(job(3, { runId: runId(2) }));
      await tx.jobs.insert(job(4, { runId: runId(3) }));
    });
    await a.transaction(async (tx) => {
      expect(numbers(await tx.vms.lately(acmeKey, smallKey, at(100)))).toEqual([2, 3]);
      expect(ids(await tx.jobs.ofRuns([runId(1), runId(3)]))).toEqual([1, 2, 4]);
      expect(await tx.jobs.ofRuns([])).toEqual([]);
      const some = await tx.jobs.some([jobId(4), jobId(2), jobId(2), jobId(77)]);
      expect(ids(some).sort()).toEqual([2, 4]);
      expect(await tx.jobs.some([])).toEqual([]);
    });
  });

  it('finds a VM by the name of its runner in its own scope, and those made for a job', async ({ a }) => {
    await a.transaction(async (tx) => {
      await tx.vms.insert(vm(1, { state: 'gone' }));
      await tx.vms.insert(vm(2, { runnerName: runnerName('other'), scope: globex }));
      await tx.vms.insert(vm(3, { cause: jobId(2) }));
    });
    await a.transaction(async (tx) => {
      expect((await tx.vms.byRunnerName(acmeKey, runnerName('bellows-test-1')))?.id).toBe(vmName(1));
      expect((await tx.vms.byRunnerName(globexKey, runnerName('other')))?.id).toBe(vmName(2));
      expect(await tx.vms.byRunnerName(acmeKey, runnerName('other'))).toBeUndefined();
      expect(numbers(await tx.vms.forJob(jobId(1)))).toEqual([2, 1]);
      expect(numbers(await tx.vms.forJob(jobId(2)))).toEqual([3]);
    });
  });

  it('lists VMs newest first, by owner, host and state', async ({ a }) => {
    await a.transaction(async (tx) => {
      await tx.vms.insert(vm(1, { state: 'gone', host: hostName(1) }));
      await tx.vms.insert(vm(2, { state: 'busy', host: hostName(1) }));
      await tx.vms.insert(vm(3, { scope: globex }));
    });
    await a.transaction(async (tx) => {
      expect(numbers(await tx.vms.list({}, 2))).toEqual([3, 2]);
      expect(numbers(await tx.vms.list({ owner: 'acme' }, 9))).toEqual([2, 1]);
      expect(numbers(await tx.vms.list({ host: hostName(1), states: ['busy'] }, 9))).toEqual([2]);
    });
  });

  it('remembers every scope that VMs were made for, as the newest of them has it', async ({ a }) => {
    const reinstalled = { ...acme, installationId: installationId(9) };
    await a.transaction(async (tx) => {
      await tx.vms.insert(vm(1, { state: 'gone' }));
      await tx.vms.insert(vm(3, { scope: reinstalled, state: 'gone' }));
      await tx.vms.insert(vm(2, { scope: globex }));
    });
    const scopes = [...(await within(a, (tx) => tx.vms.scopes()))];
    expect(scopes.sort((x, y) => x.kind.localeCompare(y.kind))).toEqual([reinstalled, globex]);
  });

  it('takes a host away, once and for all', async ({ a, b }) => {
    await within(a, (tx) => tx.hosts.insert(host(1)));
    await within(b, (tx) => tx.hosts.remove(hostName(1)));
    await within(a, (tx) => tx.hosts.remove(hostName(1)));
    expect(await within(a, (tx) => tx.hosts.lockRow(hostName(1)))).toBeUndefined();
    expect(await within(a, (tx) => tx.hosts.list())).toEqual([]);
    const late = within(a, (tx) => tx.hosts.update(host(1)));
    await expect(late).rejects.toBeInstanceOf(StaleWriteError);
  });

  it('lists hosts by name', async ({ a }) => {
    await a.transaction(async (tx) => {
      await tx.hosts.insert(host(1, { name: 'b' }));
      await tx.hosts.insert(host(2, { name: 'a' }));
      await tx.hosts.insert(host(3, { name: 'C' }));
    });
    const names = (await within(a, (tx) => tx.hosts.list())).map((row) => row.name);
    expect(names).toEqual(['C', 'a', 'b']);
  });
}

const ids = (rows: readonly { id: number }[]): number[] => rows.map((row) => row.id);
const numbers = (rows: readonly { id: string }[]): number[] => rows.map((row) => Number(row.id.slice(3)));
