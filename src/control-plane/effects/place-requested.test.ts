// Two processes that plan at the same time. What a plan decides is the domain's; that a plan stands on what is, is kept here.

import { expect, it } from 'vitest';
import { isStillOpen, moment } from '../../../test/contract/store/stores.ts';
import { ControlPlaneWorld } from '../../../test/support/control-plane-world.ts';
import { withFaultPoints } from '../../adapters/store-memory/fault-points.ts';
import { aHost, at, numberedVm, queuedJob, toBusy } from '../../domain/domain.fixture.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';
import { placeRequested } from './place-requested.ts';

it('no memory is promised twice when another process plans meanwhile (I6)', async () => {
  const world = new ControlPlaneWorld();
  const { store } = world;
  const within = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => store.transaction(work);
  const clock: Deps['clock'] = { now: () => at(60), sleep: (ms, signal) => world.clock.sleep(ms, signal) };
  const looked = moment();
  const goOn = moment();
  // It stops between its look at the VMs and its plan.
  const slow: Deps = {
    ...world.deps,
    clock,
    store: withFaultPoints(store, {
      before: async (call) => {
        if (call !== 'hosts.list') return;
        looked.happened();
        await goOn.wait;
      },
      after: () => {},
    }),
  };
  const quick: Deps = { ...world.deps, clock, store };
  world.crash();

  // Four fit, and three are there.
  const host = aHost('a');
  await within(async (tx) => {
    await tx.hosts.insert(host);
    for (const n of [91, 92, 93]) await tx.vms.insert({ ...numberedVm(n, toBusy), host: host.id });
    await tx.jobs.insert(queuedJob(2, at(2)));
    await tx.vms.insert(numberedVm(2, [], { requestedAt: at(2) }));
  });
  const first = placeRequested(slow);
  await looked.wait;
  // One that has waited for longer comes, and the other process would place it.
  await within(async (tx) => {
    await tx.jobs.insert(queuedJob(1, at(1)));
    await tx.vms.insert(numberedVm(1, [], { requestedAt: at(1) }));
  });
  const second = placeRequested(quick);
  expect(await isStillOpen(second, () => within((tx) => tx.hosts.list()))).toBe(true);
  goOn.happened();
  await Promise.all([first, second]);

  const placed = (await within((tx) => tx.vms.allLive())).filter(({ state }) => state === 'placed');
  expect(placed.map(({ cause }) => cause)).toEqual([2]);
  // VMs of one kind serve whichever job comes first: the younger one is told that it waits.
  const waiting = (await within((tx) => tx.jobs.allQueued(9))).map(({ id, waitingFor }) => [id, waitingFor]);
  expect(waiting).toEqual([
    [1, ''],
    [2, 'full: 1 of 1 hosts'],
  ]);
});
