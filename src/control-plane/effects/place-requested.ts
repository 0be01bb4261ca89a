// Finds hosts for what is requested. One process plans at a time: a plan is made over all hosts and VMs, and committed under
// the same lock, so that no memory is promised twice (I6).

import type { Vm } from '../../domain/lifecycle/vm.ts';
import { queuedSince } from '../../domain/scheduling/demand.ts';
import { planPlacement } from '../../domain/scheduling/placement.ts';
import { applyToVm, touchHost } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { sayWhy } from '../say-why.ts';

/** How many waiting jobs one plan knows the age of; a VM whose job is not among them counts from its own request. */
const mostWaiting = 10_000;

export async function placeRequested(deps: Deps): Promise<void> {
  const { settings, clock, store } = deps;
  await store.transaction(async (tx) => {
    await tx.lock('placement');
    const vms = await tx.vms.allLive();
    const requested = new Map<string, Vm>();
    for (const vm of vms) if (vm.state === 'requested') requested.set(vm.id, vm);
    if (requested.size === 0) return;

    const waiting = await tx.jobs.allQueued(mostWaiting);
    const plan = planPlacement({
      hosts: await tx.hosts.list(),
      vms,
      waitingSince: new Map(waiting.map((job) => [job.id, queuedSince(job)])),
      now: clock.now(),
      capacity: settings.capacity,
      reserveAfterMs: settings.reserveAfterMs,
    });
    const touched = new Set(plan.placements.map(({ host }) => host));
    for (const { vm, host } of plan.placements) {
      await applyToVm(tx, deps, vm, { kind: 'placed', host });
      const cause = requested.get(vm)?.cause;
      if (cause !== undefined) await sayWhy(tx, cause, '');
    }
    for (const { cause, reason } of plan.unplaced) await sayWhy(tx, cause, reason);
    for (const host of touched) await touchHost(tx, host);
  });
}
