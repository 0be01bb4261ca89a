// What is said to those who wait. A VM without a host is not the VM of one job: GitHub gives whichever VM comes first to
// whichever job it likes. So of each scope and label set the oldest jobs count as served by the VMs that have a host, and
// the others wait for the reasons of those that have none.

import { labelKey } from '../labels/label-set.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { scopeKey } from '../scope.ts';
import { byAge } from './demand.ts';
import { supplyOf } from './supply.ts';
import type { Unplaced } from './waiting-reason.ts';

/**
 * What each of the queued jobs `waiting` is told. Jobs for which no VM was asked are told nothing: whoever holds them back
 * says why.
 * @param vms all that are not gone.
 * @param unplaced those of them that find no host, oldest first; all others have one.
 */
export function wordsForWaiting(
  waiting: readonly Job[],
  vms: readonly Vm[],
  unplaced: readonly Unplaced[],
): readonly { job: Job; reason: string }[] {
  const setOfVm = new Map(supplyOf(vms, waiting).map((vm) => [vm.id, setOf(vm)]));
  const members = Map.groupBy(setOfVm.values(), (set) => set);
  const lacking = Map.groupBy(unplaced, ({ vm }) => setOfVm.get(vm));
  return [...Map.groupBy(waiting, setOf)].flatMap(([set, jobs]) => {
    const why = lacking.get(set) ?? [];
    const hosted = (members.get(set)?.length ?? 0) - why.length;
    const last = why.at(-1);
    return jobs.toSorted(byAge).flatMap((job, index) => {
      if (index < hosted) return [{ job, reason: '' }];
      const reason = (why[index - hosted] ?? last)?.reason;
      return reason === undefined ? [] : [{ job, reason }];
    });
  });
}

/**
 * Whether some job of one scope and label set believes wrongly that it has a VM with a host, or that it has none, while VMs
 * of the set wait for hosts. It happens when the line moves otherwise than by its oldest job: then a plan tells all anew.
 * @param queued the set's demand.
 * @param vms those of the set.
 */
export function isToldWrong(queued: readonly Job[], vms: readonly Vm[]): boolean {
  if (!vms.some(({ state }) => state === 'requested')) return false;
  const hosted = supplyOf(vms, queued).filter(({ state }) => state !== 'requested').length;
  return queued.toSorted(byAge).some(({ waitingFor }, index) => (waitingFor === '') !== index < hosted);
}

const setOf = ({ scope, labels }: Pick<Job, 'scope' | 'labels'>): string =>
  `${scopeKey(scope)} ${labelKey(labels)}`;
