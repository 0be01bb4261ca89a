// Which files of a control group (v2) hold a VM to its share, and what is written into them (Linux,
// Documentation/admin-guide/cgroup-v2.rst).

import type { CageLimits } from '../../ports/vm-cage.ts';

/** What a VMM takes beside its guest's memory, in MiB: a fixed part, and a part of the guest's memory for its page tables. */
export interface Overhead {
  fixedMib: number;
  /** Of the guest's memory. */
  share: number;
}

/**
 * In emulation QEMU keeps translated code (64 MiB at most) and two copies of the page tables; measured about 200 MiB beside a
 * guest that had touched all of its memory. Under KVM it is less, and the room is not used.
 */
export const qemuOverhead: Overhead = { fixedMib: 384, share: 1 / 32 };

/** Ceilings on the disk that VMs' files lie on, for each VM, in both directions. */
export interface DiskCeiling {
  /** Of the whole disk, as the kernel names it: MAJOR:MINOR. */
  device: string;
  bytesPerSecond?: number;
  opsPerSecond?: number;
}

/** The accounting period of the kernel's default, in microseconds. */
const periodUs = 100_000;
/** The kernel's default weight, which stands for one processor here. */
const weightOfOneCpu = 100;
/** QEMU has a dozen threads and a relay for each connection to a forward. */
const mostProcesses = 512;
const mib = 1024 * 1024;

/** File → content, in the order in which they are to be written. */
export function limitFiles(
  { milliCpus, vcpus, burstable, memoryMib }: CageLimits,
  overhead: Overhead,
  disk: DiskCeiling | undefined,
): ReadonlyMap<string, string> {
  const weight = Math.min(10_000, Math.max(1, Math.round((milliCpus / 1000) * weightOfOneCpu)));
  const cappedMilliCpus = burstable ? Math.max(vcpus * 1000, milliCpus) : milliCpus;
  const quotaUs = Math.max(1000, Math.round((cappedMilliCpus / 1000) * periodUs));
  const memory = Math.ceil(memoryMib * (1 + overhead.share) + overhead.fixedMib) * mib;
  const files: [string, string][] = [
    ['memory.max', String(memory)],
    ['memory.swap.max', '0'],
    // A VM without a part of its VMM is no VM: all of it ends at once.
    ['memory.oom.group', '1'],
    ['pids.max', String(mostProcesses)],
    ['cpu.weight', String(weight)],
    ['cpu.max', `${quotaUs} ${periodUs}`],
  ];
  if (disk !== undefined) files.push(['io.max', ioLine(disk)]);
  return new Map(files);
}

function ioLine({ device, bytesPerSecond, opsPerSecond }: DiskCeiling): string {
  const bytes = bytesPerSecond ?? 'max';
  const ops = opsPerSecond ?? 'max';
  return `${device} rbps=${bytes} wbps=${bytes} riops=${ops} wiops=${ops}`;
}
