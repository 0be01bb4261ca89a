import { expect } from 'vitest';
import { jobId, runnerName } from '../../../src/domain/ids.ts';
import type { Repair } from '../../../src/domain/repair/repair.ts';
import { scopeKey } from '../../../src/domain/scope.ts';
import type { JobFilter, Place } from '../../../src/ports/store.ts';
import { itWith, type OpenStores, within } from './stores.ts';
import { acme, acmeKey, at, globex, globexKey, job, vm, vmName } from './things.ts';

const idsOf = <T>(rows: readonly { id: T }[]): T[] => rows.map(({ id }) => id);

/** What people look for, and what belongs to what they found. */
export function searchContract(open: OpenStores): void {
  const it = itWith(open);

  it('finds jobs by a part of their names, whatever the capitals', async ({ a }) => {
    await within(a, async (tx) => {
      await tx.jobs.insert(job(1, { name: 'Build ÄRGER_100%' }));
      await tx.jobs.insert(job(2, { workflowName: 'Nightly' }));
      await tx.jobs.insert(job(3, { headBranch: 'release/ärger', scope: globex }));
      await tx.jobs.insert(job(4, { name: 'nul \u0000 and half \ud800 build' }));
    });
    const found = (text: string, filter: JobFilter = {}) =>
      within(a, async (tx) => idsOf(await tx.jobs.list({ ...filter, text }, 9)));
    expect(await found('ärger')).toEqual([3, 1]);
    expect(await found(' NIGHTLY ')).toEqual([2]);
    expect(await found('100%')).toEqual([1]);
    expect(await found('r_1')).toEqual([1]);
    expect(await found('acme/app')).toEqual([4, 3, 2, 1]);
    expect(await found('ärger', { owners: ['acme'] })).toEqual([1]);
    expect(await found('nul')).toEqual([4]);
    expect(await found('no such thing')).toEqual([]);
  });

  it('finds a job by what it is called now', async ({ a, b }) => {
    await within(a, (tx) => tx.jobs.insert(job(1, { headBranch: 'old' })));
    await within(b, (tx) => tx.jobs.update(job(1, { headBranch: 'new' })));
    const found = (text: string) => within(a, async (tx) => idsOf(await tx.jobs.list({ text }, 9)));
    expect([await found('old'), await found('new')]).toEqual([[], [1]]);
  });

  it('gives several states together, page by page, also where all times are equal', async ({ a }) => {
    const states = ['queued', 'running', 'done'] as const;
    await within(a, async (tx) => {
      for (let n = 1; n <= 60; n += 1)
        await tx.jobs.insert(job(n, { firstSeenAt: at(0), state: states[n % 3] ?? 'done' }));
    });
    const seen: number[] = [];
    for (let from: Place<ReturnType<typeof jobId>> | undefined; ; ) {
      const filter = { states: ['queued', 'running'] as const, text: 'build' };
      const rows = await within(a, (tx) => tx.jobs.list(filter, 7, from));
      seen.push(...idsOf(rows));
      const last = rows.at(-1);
      if (last === undefined) break;
      from = { at: last.firstSeenAt, id: last.id };
    }
    const all = Array.from({ length: 60 }, (_, i) => 60 - i);
    expect(seen).toEqual(all.filter((n) => n % 3 !== 2));
  });

  it('finds VMs by a part of their id or of the name of their runner', async ({ a }) => {
    await within(a, async (tx) => {
      await tx.vms.insert(vm(1, { runnerName: runnerName('Bellows-abc-1') }));
      await tx.vms.insert(vm(2, { scope: globex, state: 'gone' }));
    });
    const found = (text: string) => within(a, async (tx) => idsOf(await tx.vms.list({ text }, 9)));
    expect(await found('ABC')).toEqual([vmName(1)]);
    expect(await found('00002')).toEqual([vmName(2)]);
    expect(await found('2cpu')).toEqual([vmName(2), vmName(1)]);
  });

  it('finds the VMs of several jobs and runners at once', async ({ a }) => {
    const same = { runnerName: runnerName('same') };
    await within(a, async (tx) => {
      await tx.vms.insert(vm(1, { cause: jobId(1), ...same }));
      await tx.vms.insert(vm(2, { cause: jobId(2), ...same, scope: globex }));
      await tx.vms.insert(vm(3, { cause: jobId(3), ...same }));
    });
    const ofJobs = await within(a, (tx) => tx.vms.forJobs([jobId(1), jobId(3), jobId(9), jobId(1)]));
    expect(idsOf(ofJobs).sort()).toEqual([vmName(1), vmName(3)]);
    expect(await within(a, (tx) => tx.vms.forJobs([]))).toEqual([]);
    const ofRunners = (scopes: (typeof acme | typeof globex)[]) =>
      within(a, async (tx) =>
        idsOf(
          await tx.vms.byRunnerNames(
            scopes.map((scope) => ({ scope: scopeKey(scope), name: same.runnerName })),
          ),
        ).sort(),
      );
    expect(await ofRunners([acme])).toEqual([vmName(3)]);
    expect(await ofRunners([acme, globex])).toEqual([vmName(2), vmName(3)]);
    const [alone] = [
      await within(a, (tx) => tx.vms.byRunnerName(globexKey, same.runnerName)),
      await within(a, (tx) => tx.vms.byRunnerName(acmeKey, same.runnerName)),
    ];
    expect(alone?.id).toBe(vmName(2));
  });

  it('finds the repairs of several subjects together, newest first', async ({ a }) => {
    const repair = (subject: Repair['subject']): Repair => ({
      at: at(0),
      kind: 'vm-replaced',
      cause: 'x',
      subject,
      owner: 'acme',
      data: {},
    });
    const [ofJob, ofVm] = [{ kind: 'job', id: jobId(1) } as const, { kind: 'vm', id: vmName(1) } as const];
    await within(a, (tx) =>
      tx.repairs.append([repair(ofJob), repair({ kind: 'job', id: jobId(11) }), repair(ofVm), repair(ofJob)]),
    );
    const filter = { subjects: [ofJob, ofVm] };
    const rows = await within(a, (tx) => tx.repairs.list(filter, { limit: 2 }));
    expect(rows.map(({ subject }) => subject)).toEqual([ofJob, ofVm]);
    const before = rows.at(-1)?.number ?? 0;
    expect(await within(a, (tx) => tx.repairs.list(filter, { limit: 9, before }))).toHaveLength(1);
    expect(await within(a, (tx) => tx.repairs.count(filter))).toMatchObject({ 'vm-replaced': 3 });
  });
}
