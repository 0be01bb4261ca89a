// Finds hosts for what is requested. One process plans at a time: a plan is made over all hosts and VMs, and committed under
// the same lock, so that no memory is promised twice (I6). Thousands may wait while every VM that ends asks for a plan: what
// a plan writes is what it places and what it says anew, and never a row for each that still waits.

import type { HostId, ImageDigest, VmId } from '../../domain/ids.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { missedLooks } from '../../domain/repair/host-removal.ts';
import { queuedSince } from '../../domain/scheduling/demand.ts';
import { planPlacement } from '../../domain/scheduling/placement.ts';
import type { Unplaced } from '../../domain/scheduling/waiting-reason.ts';
import { wordsForWaiting } from '../../domain/scheduling/waiting-words.ts';
import { after } from '../../domain/time.ts';
import { notShutOut, wordsForShutOut } from '../../domain/waits/shut-out.ts';
import type { Transaction } from '../../ports/store.ts';
import { applyToVm, touchHost } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { lookAtHosts } from '../repair/look-at-hosts.ts';
import { sayWhy } from '../say-why.ts';
import { unheardMs } from '../settings.ts';
import { askToTell } from './tell-wait.ts';

/** How many waiting jobs one plan knows; a VM whose job is not among them counts from its own request. */
const mostWaiting = 10_000;

export async function placeRequested(deps: Deps): Promise<void> {
  const { settings, clock, store } = deps;
  await store.transaction(async (tx) => {
    if ((await tx.vms.unplaced(1)).length === 0) return;
    await tx.lock('placement');
    await lookAfterPause(tx, deps);
    const vms = (await tx.vms.allLive()).map((vm) => withImage(vm, settings.image));
    const waiting = await tx.jobs.allQueued(mostWaiting);
    const groups = await tx.loops.get('runner-groups');
    const now = clock.now();
    const plan = planPlacement({
      hosts: await tx.hosts.list(),
      vms,
      waitingSince: new Map(waiting.map((job) => [job.id, queuedSince(job)])),
      now,
      capacity: settings.capacity,
      reserveAfterMs: settings.reserveAfterMs,
      unheardMs: unheardMs(settings),
    });
    for (const { vm, host } of plan.placements) await place(tx, deps, vm, host);
    await sayWhy(tx, [
      ...wordsForWaiting(notShutOut(waiting, groups), vms, plan.unplaced),
      ...wordsForShutOut(waiting, groups),
    ]);
    await askToTell(tx, deps, unfitJobs(plan.unplaced, waiting));
    for (const host of new Set(plan.placements.map((placed) => placed.host))) await touchHost(tx, host);
    // One look for all that still wait, so that none of them has to ask for itself again and again.
    if (plan.unplaced.length > 0) {
      await tx.tasks.enqueue({ kind: 'place' }, after(now, settings.timing.requestedMs));
      tx.wake('tasks');
    }
  });
}

/** The waiting jobs for whose VMs no open host would do, however empty. */
function unfitJobs(unplaced: readonly Unplaced[], waiting: readonly Job[]): readonly Job[] {
  const causes = new Set(unplaced.flatMap(({ cause, unfit }) => (unfit === true ? [cause] : [])));
  return causes.size === 0 ? [] : waiting.filter(({ id }) => causes.has(id));
}

/** Whoever plans after a time when nobody looked looks first: a plan must not be made of what is unsure. */
async function lookAfterPause(tx: Transaction, deps: Deps): Promise<void> {
  const before = await tx.loops.get('watch-hosts');
  if (missedLooks(before, deps.clock.now(), deps.settings.hostSilenceMs)) await lookAtHosts(tx, deps);
}

/** Nothing of it was started yet, and the operator may have named another image since: the old one may be nowhere. */
const withImage = (vm: Vm, image: ImageDigest): Vm =>
  vm.state !== 'requested' || vm.image === image ? vm : { ...vm, image };

async function place(tx: Transaction, deps: Deps, id: VmId, host: HostId): Promise<void> {
  const row = await tx.vms.lockRow(id);
  const { image } = deps.settings;
  if (row?.state === 'requested' && row.image !== image) await tx.vms.update({ ...row, image });
  await applyToVm(tx, deps, id, { kind: 'placed', host });
}
