// What a burst of thousands of jobs costs, counted in statements to the store: time would depend on the machine.

import { beforeEach, describe, expect, it } from 'vitest';
import { ControlPlaneWorld } from '../../../test/support/control-plane-world.ts';
import { withFaultPoints } from '../../adapters/store-memory/fault-points.ts';
import { acme, aHost, at, labels, numberedVm, queuedJob, toBusy } from '../../domain/domain.fixture.ts';
import { imageDigest, jobId, runId } from '../../domain/ids.ts';
import { labelKey } from '../../domain/labels/label-set.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { scopeKey } from '../../domain/scope.ts';
import { after, minutes, seconds } from '../../domain/time.ts';
import type { Store, Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';
import { balanceScope } from './balance-scope.ts';
import { placeRequested } from './place-requested.ts';

const burst = 8 * 256;
const now = at(3600);
const hosts = ['a', 'b', 'c', 'd'].map((name) => aHost(name, {}, { maxBooting: 2 }));
const jobs: readonly Job[] = Array.from({ length: burst }, (_, n) =>
  queuedJob(n + 1, at(n / 10), { runId: runId(1 + Math.floor(n / 256)) }),
);
const requested: readonly Vm[] = jobs.map(({ id }) => numberedVm(id, [], { requestedAt: at(id / 10) }));
/** Four on each host, which fill it. */
const busy: readonly Vm[] = hosts.flatMap(({ id: host }, index) =>
  [1, 2, 3, 4].map((n) => ({ ...numberedVm(9000 + 4 * index + n, toBusy), host })),
);

let store: Store;
let deps: Deps;
let statements: string[];

/** The statements that `work` makes, begin and commit left out. */
async function costOf(work: () => Promise<void>): Promise<readonly string[]> {
  statements = [];
  await work();
  return statements.filter((call) => call !== 'transaction' && call !== 'commit');
}
const within = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => store.transaction(work);
const balanceAll = () => balanceScope(deps, scopeKey(acme), labelKey(labels));
const whys = async (): Promise<readonly string[]> =>
  (await within((tx) => tx.jobs.allQueued(burst))).map(({ waitingFor }) => waitingFor);

beforeEach(() => {
  const world = new ControlPlaneWorld();
  store = world.store;
  deps = {
    ...world.deps,
    store: withFaultPoints(store, { before: (call) => void statements.push(call), after: () => {} }),
    clock: { now: () => now, sleep: (ms, signal) => world.clock.sleep(ms, signal) },
  };
  world.crash();
});

const fill = (vms: readonly Vm[]): Promise<void> =>
  within(async (tx) => {
    for (const host of hosts) await tx.hosts.insert(host);
    for (const job of jobs) await tx.jobs.insert(job);
    for (const vm of vms) await tx.vms.insert(vm);
  });

describe('a plan for thousands that find no room', () => {
  it('tells all of them why with a handful of statements, and says nothing twice', async () => {
    await fill([...busy, ...requested]);
    expect((await costOf(() => placeRequested(deps))).length).toBeLessThan(12);
    expect(await whys()).toEqual(
      jobs.map(() => 'full: 4 of 4 hosts; a is kept for it').fill('full: 4 of 4 hosts', 1),
    );
    const again = await costOf(() => placeRequested(deps));
    expect(again).not.toContain('jobs.sayWhy');
    expect(again.length).toBeLessThan(12);
  });

  it('writes for what it places, and not for what waits behind', async () => {
    await fill(requested);
    const cost = await costOf(() => placeRequested(deps));
    const placed = (await within((tx) => tx.vms.allLive())).filter(({ state }) => state === 'placed');
    expect(placed.map(({ cause }) => cause)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map(jobId));
    expect(cost.length).toBeLessThan(100);
    expect((await whys()).slice(0, 8)).toEqual(placed.map(() => ''));
    expect((await costOf(() => placeRequested(deps))).length).toBeLessThan(12);
  });

  it('gives the image that the operator has named since to those that it places alone', async () => {
    await fill(requested);
    const image = imageDigest(`sha256:${'2'.repeat(64)}`);
    await within(async (tx) => {
      const row = await tx.hosts.lockRow(hosts[0]?.id ?? aHost('none').id);
      if (row?.capacity !== undefined)
        await tx.hosts.update({ ...row, capacity: { ...row.capacity, images: [image] } });
    });
    deps = { ...deps, settings: { ...deps.settings, image } };
    expect((await costOf(() => placeRequested(deps))).length).toBeLessThan(60);
    const placed = (await within((tx) => tx.vms.allLive())).filter(({ state }) => state === 'placed');
    expect(placed.map((vm) => [vm.host, vm.image])).toEqual([1, 2].map(() => ['host-a', image]));
  });

  it('is asked for again within a minute by the plan itself', async () => {
    await fill([...busy, ...requested]);
    await placeRequested(deps);
    const due = (await within((tx) => tx.tasks.list(1000))).filter(({ what }) => what.kind === 'place');
    expect(due.map(({ dueAt }) => dueAt)).toEqual([after(now, minutes(1))]);
  });

  it('is not made when nothing waits', async () => {
    await fill(busy);
    expect(await costOf(() => placeRequested(deps))).toEqual(['vms.unplaced']);
  });
});

describe('a balance of thousands', () => {
  it('that lacks nothing costs a handful of statements, and asks for no plan', async () => {
    await fill([...busy, ...requested]);
    await placeRequested(deps);
    const cost = await costOf(balanceAll);
    expect(cost).not.toContain('tasks.enqueue');
    expect(cost.length).toBeLessThan(8);
  });

  it('gives those that it asks for behind others a second, in which one plan serves many', async () => {
    await fill([...busy, ...requested.slice(1)]);
    await balanceAll();
    const due = (await within((tx) => tx.tasks.list(1000))).filter(({ what }) => what.kind === 'place');
    expect(due.map(({ dueAt }) => dueAt)).toEqual([after(now, seconds(1))]);
    expect(await within((tx) => tx.vms.forJob(jobId(1)))).toHaveLength(1);
  });

  it('asks for a plan when somebody believes wrongly that it has a VM', async () => {
    await fill([...busy, ...requested]);
    await placeRequested(deps);
    await within(async (tx) => {
      const [oldest] = await tx.jobs.allQueued(1);
      if (oldest !== undefined) await tx.jobs.sayWhy([oldest], '');
    });
    expect(await costOf(balanceAll)).toContain('tasks.enqueue');
  });
});
