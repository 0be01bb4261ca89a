import type { Clock } from '../../ports/clock.ts';
import type { ProcessTable } from '../../ports/process-table.ts';
import type { RunningVm } from '../../ports/vm-driver.ts';
import type { Platform } from './command-line.ts';

export interface QemuDriverOptions {
  /** For the driver's own sockets and QEMU's words, one folder for each VM. At most 80 bytes long (Unix sockets). */
  folder: string;
  /** What `probePlatform` found. */
  platform: Platform;
  processes: ProcessTable;
  clock: Clock;
  /** Name or path of QEMU. */
  program?: string;
}

/** A VM, and how to close what the driver holds open for it. */
export interface HeldVm {
  running: RunningVm;
  letGo: () => void;
}
