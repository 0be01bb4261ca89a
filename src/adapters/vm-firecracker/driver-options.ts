import type { UserRange } from '../../domain/network/tap-users.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ProcessTable } from '../../ports/process-table.ts';
import type { RunningVm } from '../../ports/vm-driver.ts';

export interface FirecrackerDriverOptions {
  /** For jails, one folder for each VM. On the file system of the scratch disks, and better of the images too. */
  folder: string;
  /** Paths of the two programs, of the same release. */
  programs: FirecrackerPrograms;
  /** The owners of the VMs' taps are among them. */
  users: UserRange;
  processes: ProcessTable;
  clock: Clock;
  /** Opens a file for output that nobody can be sure of; it must not grow without end. */
  openLog: (path: string) => BoundedOutput;
  /** Devices on the PCI bus, where the version has it; the image's kernel must know it. On, when left out. */
  pci?: boolean;
  /** Where cgroup v2 is mounted. */
  cgroupRoot?: string;
  /** Of the host; `process.arch` when left out. */
  arch?: string;
  /** How long the VMM may take to listen, and to answer one call. */
  patience?: { listenMs: number; answerMs: number };
}

export interface FirecrackerPrograms {
  firecracker: string;
  jailer: string;
}

export interface BoundedOutput {
  append(bytes: Uint8Array): Promise<void>;
}

/** A VM, and how to close what the driver holds open for it. */
export interface HeldVm {
  running: RunningVm;
  letGo: () => void;
}

/** A start takes some 20 ms; the first answer after the start of a large machine can take a second. */
export const defaultPatience = { listenMs: 10_000, answerMs: 10_000 };

export const defaultCgroupRoot = '/sys/fs/cgroup';
