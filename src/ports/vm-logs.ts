import type { VmId } from '../domain/ids.ts';

/**
 * What the VMs of this host printed, kept on the host for a while after they are gone, across agents. Bounded for each VM, in
 * all, and by age. Contract: `test/contract/vm-logs.ts`. Nothing secret is given to it (I8).
 */
export interface VmLogs {
  /**
   * Adds a line, of at most 8 KiB, that begins with its time in ISO 8601. Returns at once and never throws: where there is no
   * room lines are left out and counted, and no VM waits for its log.
   */
  add(vm: VmId, line: string): void;
  /**
   * The lines that are kept of a VM, oldest first, all of those that were added before; none of a VM that is not known. A
   * line that a crash cut off is not among them.
   */
  read(vm: VmId): Promise<readonly string[]>;
  /** Forgets what is too old, and the oldest of what is too much; nothing of the VMs that are `living`. */
  sweep(living: ReadonlySet<VmId>): Promise<void>;
}
