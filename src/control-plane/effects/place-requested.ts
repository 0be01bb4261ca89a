// Finds hosts for what is requested. One process plans at a time: a plan is made over all hosts and VMs, and committed under
// the same lock, so that no memory is promised twice (I6).

import type { ImageDigest } from '../../domain/ids.ts';
import { labelKey } from '../../domain/labels/label-set.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { byAge, queuedSince } from '../../domain/scheduling/demand.ts';
import { type PlacementPlan, planPlacement } from '../../domain/scheduling/placement.ts';
import { supplyOf } from '../../domain/scheduling/supply.ts';
import { scopeKey } from '../../domain/scope.ts';
import type { Transaction } from '../../ports/store.ts';
import { applyToVm, touchHost } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { sayWhy } from '../say-why.ts';

/** How many waiting jobs one plan knows; a VM whose job is not among them counts from its own request. */
const mostWaiting = 10_000;

export async function placeRequested(deps: Deps): Promise<void> {
  const { settings, clock, store } = deps;
  await store.transaction(async (tx) => {
    await tx.lock('placement');
    const live = await tx.vms.allLive();
    if (!live.some(({ state }) => state === 'requested')) return;
    const vms = await Promise.all(live.map((vm) => withImage(tx, vm, settings.image)));

    const waiting = await tx.jobs.allQueued(mostWaiting);
    const plan = planPlacement({
      hosts: await tx.hosts.list(),
      vms,
      waitingSince: new Map(waiting.map((job) => [job.id, queuedSince(job)])),
      now: clock.now(),
      capacity: settings.capacity,
      reserveAfterMs: settings.reserveAfterMs,
    });
    for (const { vm, host } of plan.placements) await applyToVm(tx, deps, vm, { kind: 'placed', host });
    await tellWaiting(tx, waiting, vms, plan);
    for (const host of new Set(plan.placements.map((placed) => placed.host))) await touchHost(tx, host);
  });
}

/** Nothing of it was started yet, and the operator may have named another image since: the old one may be nowhere. */
async function withImage(tx: Transaction, vm: Vm, image: ImageDigest): Promise<Vm> {
  if (vm.state !== 'requested' || vm.image === image) return vm;
  const row = await tx.vms.lockRow(vm.id);
  if (row?.state !== 'requested') return row ?? vm;
  const renewed = { ...row, image };
  await tx.vms.update(renewed);
  return renewed;
}

/**
 * A VM without a host is not the VM of one job: GitHub gives whichever VM comes first to whichever job it likes. So of each
 * scope and label set the oldest jobs count as served by the VMs that have a host, and the others wait for the reason.
 */
async function tellWaiting(
  tx: Transaction,
  waiting: readonly Job[],
  vms: readonly Vm[],
  plan: PlacementPlan,
): Promise<void> {
  const reasons = new Map(plan.unplaced.map(({ vm, reason }) => [vm, reason]));
  for (const [set, members] of groupBySet(supplyOf(vms, waiting))) {
    const reason = members.map(({ id }) => reasons.get(id)).find((why) => why !== undefined);
    const hosted = members.filter(({ id }) => !reasons.has(id)).length;
    const jobs = waiting.filter((job) => setOf(job) === set).sort(byAge);
    for (const [index, job] of jobs.entries()) {
      if (index < hosted && job.waitingFor !== '') await sayWhy(tx, job.id, '');
      if (index >= hosted && reason !== undefined) await sayWhy(tx, job.id, reason);
    }
  }
}

const setOf = ({ scope, labels }: Pick<Job, 'scope' | 'labels'>): string =>
  `${scopeKey(scope)} ${labelKey(labels)}`;

const groupBySet = (vms: readonly Vm[]): ReadonlyMap<string, readonly Vm[]> => Map.groupBy(vms, setOf);
