// What a host has, what it has promised, and what still fits (I6). Memory is never promised twice; processors may be, up to
// the configured overcommit, since CI jobs wait a lot; scratch disks are sparse and may be, too.

import type { Vm } from '../lifecycle/vm.ts';
import { bootingStates, reservingStates } from '../lifecycle/vm.ts';
import type { HostCapacity } from './host.ts';
import type { VmShape } from './shape.ts';

export interface CapacityPolicy {
  /** Promised processors per real one; 1 promises none twice. */
  cpuOvercommit: number;
  /** Promised GiB of scratch disk per real one. */
  diskOvercommit: number;
  /** What a VMM needs for itself, besides its guest's memory. */
  vmmMemoryMib: number;
}

export const defaultCapacityPolicy: CapacityPolicy = { cpuOvercommit: 2, diskOvercommit: 4, vmmMemoryMib: 0 };

export interface Usage {
  milliCpus: number;
  memoryMib: number;
  diskGib: number;
  /** VMs whose guest has not answered yet. */
  booting: number;
  vms: number;
}

export const noUsage: Usage = { milliCpus: 0, memoryMib: 0, diskGib: 0, booting: 0, vms: 0 };

/** What the VMs of one host hold. One whose host is silent, or whose tombstone is out, holds its room until the proof. */
export function usageOf(vms: readonly Vm[], policy: CapacityPolicy): Usage {
  return vms
    .filter((vm) => reservingStates.has(vm.state))
    .reduce((used, vm) => addVm(used, vm.shape, policy, bootingStates.has(vm.state)), noUsage);
}

export function addVm(used: Usage, shape: VmShape, policy: CapacityPolicy, booting: boolean): Usage {
  return {
    milliCpus: used.milliCpus + shape.milliCpus,
    memoryMib: used.memoryMib + shape.memoryMib + policy.vmmMemoryMib,
    diskGib: used.diskGib + shape.diskGib,
    booting: used.booting + (booting ? 1 : 0),
    vms: used.vms + 1,
  };
}

export type Resource = 'memory' | 'processors' | 'disk';

/** The first resource of which more is used than may be promised; undefined when all is well. */
export function overpromised(
  capacity: HostCapacity,
  used: Usage,
  policy: CapacityPolicy,
): Resource | undefined {
  const { milliCpus: unknownCpus = 0, memoryMib: unknownMib = 0 } = capacity.strangers ?? {};
  if (used.memoryMib + unknownMib > capacity.memoryMib) return 'memory';
  if (used.milliCpus + unknownCpus > capacity.milliCpus * policy.cpuOvercommit) return 'processors';
  if (used.diskGib > capacity.diskGib * policy.diskOvercommit) return 'disk';
  return undefined;
}

/**
 * What keeps one more VM of this shape off the host: a resource, or `booting` when too many boot at the same time. Asked
 * again in the transaction that commits a placement, with the rows as they are then.
 */
export function lacksFor(
  capacity: HostCapacity,
  used: Usage,
  shape: VmShape,
  policy: CapacityPolicy,
): Resource | 'booting' | undefined {
  const lack = overpromised(capacity, addVm(used, shape, policy, true), policy);
  if (lack !== undefined) return lack;
  return used.booting >= capacity.maxBooting ? 'booting' : undefined;
}

/** What a VM is thought to be like where one must say how many fit: the size that most workflows ask for. */
const usualShape = { milliCpus: 2_000, memoryMib: 4_096, diskGib: 20 };

/** The VMs that are there, and as many more of the usual size as fit beside them. */
export function mostVms(
  { strangers, ...capacity }: HostCapacity,
  used: Usage,
  policy: CapacityPolicy,
): number {
  const { milliCpus = 0, memoryMib = 0 } = strangers ?? {};
  const left = Math.min(
    (capacity.memoryMib - memoryMib - used.memoryMib) / (usualShape.memoryMib + policy.vmmMemoryMib),
    (capacity.milliCpus * policy.cpuOvercommit - milliCpus - used.milliCpus) / usualShape.milliCpus,
    (capacity.diskGib * policy.diskOvercommit - used.diskGib) / usualShape.diskGib,
  );
  return used.vms + Math.max(0, Math.floor(left));
}

/** The resource of which even the empty host has too little. */
export function neverFits(
  { strangers: _strangers, ...empty }: HostCapacity,
  shape: VmShape,
  policy: CapacityPolicy,
): Resource | undefined {
  return overpromised(empty, addVm(noUsage, shape, policy, true), policy);
}
