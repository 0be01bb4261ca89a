import type { VmId } from '../domain/ids.ts';
import type { DurationMs } from '../domain/time.ts';

/**
 * Starts, adopts and stops virtual machine monitors, one process for each VM. Disk and network are made beforehand by
 * ports of their own. One contract suite (`test/contract/vm-driver.ts`) runs against every driver.
 */
export interface VmDriver {
  readonly kind: 'firecracker' | 'qemu' | 'sim';
  /**
   * Starts the VMM and resolves when its process is up, long before the guest is. Calling it again for a VM whose
   * process runs adopts that process instead of starting a second one; two starts at the same time share one process. An
   * abort ends the start for all that share it, and they reject with the signal's reason once its process is gone; after
   * the process is up it changes nothing.
   * @throws VmStartError when the VMM refuses its configuration, ends at once, or is stopped before it is up.
   */
  start(machine: MachineSpec, signal?: AbortSignal): Promise<RunningVm>;
  /** Takes up a VM that an earlier agent process started; undefined when its process is gone. */
  adopt(vm: VmId): Promise<RunningVm | undefined>;
  /** Every VM on this host that carries our mark, known to the journal or not, up or still coming up. */
  find(): Promise<readonly VmId[]>;
  /**
   * Ends the VM's processes at once and resolves when they are proved gone. Ending a VM that is gone is success. Asking the
   * guest to shut down first is the caller's business. No start that was begun before, by this agent process or by one that
   * died, brings up a process after it has resolved: a start of this process rejects.
   */
  stop(vm: VmId): Promise<void>;
}

/** All that a driver needs to know. Paths are absolute, on the host. */
export interface MachineSpec {
  vm: VmId;
  /** Whole virtual processors; at least 1. */
  vcpus: number;
  memoryMib: number;
  kernelPath: string;
  initramfsPath: string;
  /** The immutable image, attached read-only. */
  rootPath: string;
  /** The VM's own sparse ext4 file. */
  scratchPath: string;
  network: MachineNetwork;
  rates?: MachineRates;
  /** Absolute path of the control group (v2) that the VMM's processes belong in; made by `VmCage` beforehand. */
  cgroup?: string;
  /** Where the guest link's Unix socket is to be; at most 100 bytes, since Linux allows 107. */
  guestSocketPath: string;
  /** Receives the serial console; bounded by the caller. */
  consolePath: string;
}

/** How a machine is joined to the world; made by `HostNetwork` beforehand. */
export type MachineNetwork = UserNetwork | TapNetwork;

/**
 * The VMM's own user-mode stack. The guest reaches nothing but the listed forwards when `restricted`; each forward makes
 * `guestAddress:guestPort` inside the VM reach `hostAddress:hostPort`.
 */
export interface UserNetwork {
  kind: 'user';
  restricted: boolean;
  forwards: readonly { guestAddress: string; guestPort: number; hostAddress: string; hostPort: number }[];
}

/** A tap device of the VM's own, routed point to point. The guest is told its part on the kernel's command line. */
export interface TapNetwork {
  kind: 'tap';
  /** At most 15 bytes. */
  device: string;
  /** The user who may open it besides root, and no other VM's. A VMM that can be held down runs as it. */
  owner: number;
  /** The only source that the host takes frames from. */
  mac: string;
  /** The guest's, as ADDRESS/PREFIX. */
  address: string;
  gateway: string;
  nameserver: string;
  mtu: number;
}

/** Ceilings that the VMM itself keeps, where it can; absent ones are not kept. */
export interface MachineRates {
  diskBytesPerSecond?: number;
  diskOpsPerSecond?: number;
  netBytesPerSecond?: number;
}

export interface RunningVm {
  readonly vm: VmId;
  /** The VMM's process id; undefined for the `sim` driver. */
  readonly pid: number | undefined;
  /** Settles once, when the VMM's process has ended. Never rejects. */
  readonly ended: Promise<VmEnd>;
}

export type VmEnd = {
  /** `exited`: the guest shut down or reset; `killed`: by a signal; `crashed`: the VMM itself failed. */
  how: 'exited' | 'killed' | 'crashed';
  /** For people: exit code, signal, and the VMM's last line of error output. */
  detail: string;
};

/** The VMM did not come up. `detail` is its own word, without secrets. */
export class VmStartError extends Error {
  override readonly name = 'VmStartError';
}

/** From `start` to a process that is up: whoever starts a VM gives it up, by the signal, when this is over. */
export const vmStartTimeoutMs: DurationMs = 30_000;
