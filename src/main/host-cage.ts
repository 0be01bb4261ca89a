import { mkdir } from 'node:fs/promises';
import { cgroupCage, whyNoCgroups } from '../adapters/linux-cgroup/cgroup-cage.ts';
import { diskOf } from '../adapters/linux-cgroup/disk-device.ts';
import { qemuOverhead } from '../adapters/linux-cgroup/limit-files.ts';
import { noCage } from '../adapters/linux-cgroup/no-cage.ts';
import { quotaMountOf, withDiskQuota } from '../adapters/linux-quota/disk-quota.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { VmCage } from '../ports/vm-cage.ts';
import type { MachineRates } from '../ports/vm-driver.ts';

const cgroupRoot = '/sys/fs/cgroup';

export interface HostCageOptions {
  /** The VMs' control group below the root; undefined: none is wanted. */
  parent: string | undefined;
  /** Where VMs' disks lie. */
  folder: string;
  rates: MachineRates;
  isRoot: boolean;
  clock: Clock;
  log: Log;
}

/** Control groups and disk quotas where the host has them; where not, VMs run all the same, and the log says what does not hold. */
export async function hostCage(options: HostCageOptions): Promise<VmCage> {
  const cage = await controlGroups(options);
  const { folder, isRoot, log } = options;
  if (!isRoot) return cage;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const mount = await quotaMountOf(folder);
  if (mount !== undefined) return withDiskQuota(cage, mount);
  log.info('VMs are held to the size of their disk, and not to a quota', { folder });
  return cage;
}

async function controlGroups(options: HostCageOptions): Promise<VmCage> {
  const { parent, folder, rates, isRoot, clock, log } = options;
  if (parent === undefined) return noCage();
  const missing = isRoot ? await whyNoCgroups(cgroupRoot) : 'the agent is not root';
  if (missing !== undefined) {
    log.warn("VMs are not held to their share of the host's processors and memory", { because: missing });
    return noCage();
  }
  const { diskBytesPerSecond: bytesPerSecond, diskOpsPerSecond: opsPerSecond } = rates;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const device =
    bytesPerSecond === undefined && opsPerSecond === undefined ? undefined : await diskOf(folder);
  return cgroupCage({
    root: cgroupRoot,
    parent,
    overhead: qemuOverhead,
    clock,
    ...(device !== undefined && {
      disk: {
        device,
        ...(bytesPerSecond !== undefined && { bytesPerSecond }),
        ...(opsPerSecond !== undefined && { opsPerSecond }),
      },
    }),
  });
}
