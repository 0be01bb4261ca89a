import type { VmId } from '../domain/ids.ts';

/**
 * Holds a VM's processes to the share of the host that was promised, whatever the guest does. Memory is the guest's and
 * what its VMM needs beside it; processors are a share under load and, unless the VM is burstable, a cap. Where the
 * disk has quotas, its user owns no more of it than the VM's disk and a little.
 */
export interface VmCage {
  /**
   * Makes the VM's cage, or finds it made and sets its limits anew.
   * @returns the control group that the VMM's processes belong in; undefined where the host has none to give.
   * @throws CageError when the host should have one and it cannot be made.
   */
  open(vm: VmId, limits: CageLimits): Promise<{ cgroup: string } | undefined>;
  /** Ends whatever is left in it and removes it. What is not there is success. */
  close(vm: VmId): Promise<void>;
  /** The VMs that have one here, read from the host itself. */
  find(): Promise<readonly VmId[]>;
}

export interface CageLimits {
  /** Thousandths of a processor. */
  milliCpus: number;
  /** May take idle processors beyond its share, up to its virtual ones. */
  burstable: boolean;
  vcpus: number;
  /** Of the guest; the VMM's own need comes on top. */
  memoryMib: number;
  /** The user that its VMM runs as, and the size of its disk; left out where it has no user of its own. */
  disk?: { user: number; gib: number };
}

export class CageError extends Error {
  override readonly name = 'CageError';
}
