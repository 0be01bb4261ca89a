import type { VmId } from '../domain/ids.ts';

/** The VM's own folder on the host: the guest link's socket and the console's output. */
export interface VmFolder {
  /** Makes the folder, or finds it made. Only the agent's user can look into it. */
  create(vm: VmId): Promise<VmPaths>;
  /** Removes it with all that is in it. Removing what is not there is success. */
  remove(vm: VmId): Promise<void>;
  /** The VMs that have a folder. */
  find(): Promise<readonly VmId[]>;
  /** The last lines of the console, oldest first; none when there is no console. */
  consoleTail(vm: VmId, lines: number): Promise<readonly string[]>;
}

export interface VmPaths {
  /** At most 100 bytes long. */
  guestSocketPath: string;
  consolePath: string;
}
