import type { VmId } from '../domain/ids.ts';

/** The VM's own writable disk: a sparse ext4 file, cloned from a template in milliseconds. */
export interface ScratchDisk {
  /**
   * Makes the disk, or finds it made.
   * @throws DiskFullError when the host's file system has too little room.
   */
  create(vm: VmId, sizeGib: number): Promise<{ path: string }>;
  /** Removes the disk. Removing what is not there is success. */
  remove(vm: VmId): Promise<void>;
  /** The VMs that have a disk here. */
  find(): Promise<readonly VmId[]>;
  /** Room left on the host's file system, in bytes. */
  freeBytes(): Promise<number>;
  /** What the VMs' disks take up of it now, in bytes: less than their sizes, since they are sparse. */
  heldBytes(): Promise<number>;
}

export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';
}
