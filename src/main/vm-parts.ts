// What makes VMs on this host: the same for the agent, and for the doctor who tries whether it does.

import { join } from 'node:path';
import { linuxProcessTable } from '../adapters/linux/process-table.ts';
import { sparseScratchDisk } from '../adapters/linux/scratch-disk.ts';
import { vmFolder } from '../adapters/vm-folder/vm-folder.ts';
import { qemuDriver } from '../adapters/vm-qemu/driver.ts';
import { qemuGuestLink } from '../adapters/vm-qemu/guest-link.ts';
import { type ProbedPlatform, probePlatform } from '../adapters/vm-qemu/probe-platform.ts';
import { userNetwork } from '../adapters/vm-qemu/user-network.ts';
import type { WorkerDeps } from '../agent/worker-deps.ts';
import type { Clock } from '../ports/clock.ts';
import { type BootFiles, ImageError, type ImageSource } from '../ports/image-source.ts';
import type { Log } from '../ports/log.ts';
import type { MachineRates, UserNetwork } from '../ports/vm-driver.ts';
import { hostCage } from './host-cage.ts';

export interface VmPartsOptions {
  /** The driver's sockets, disks and folders of VMs lie in it. */
  folder: string;
  network: Omit<UserNetwork, 'kind'>;
  /** The VMs' control group below the root of control groups; VMs are not held to their share when left out. */
  cgroup: string | undefined;
  rates: MachineRates;
  platform: ProbedPlatform['platform'];
  clock: Clock;
  log: Log;
}

export interface VmParts
  extends Pick<WorkerDeps, 'driver' | 'disk' | 'folder' | 'network' | 'cage' | 'guestLink'> {
  /** Lets go of all VMs without touching them. */
  release(): void;
}

export async function vmParts(options: VmPartsOptions): Promise<VmParts> {
  const { folder, platform, clock, log } = options;
  const disks = join(folder, 'disks');
  const driver = qemuDriver({
    folder: join(folder, 'qemu'),
    platform,
    processes: linuxProcessTable(),
    clock,
  });
  return {
    driver,
    disk: sparseScratchDisk({ folder: disks }),
    folder: vmFolder(join(folder, 'vms')),
    network: userNetwork(options.network),
    cage: await hostCage({
      parent: options.cgroup,
      folder: disks,
      rates: options.rates,
      isRoot: process.getuid?.() === 0,
      clock,
      log,
    }),
    guestLink: qemuGuestLink(),
    release: () => driver.release(),
  };
}

/** How VMs run here, as far as there is an image to try it with. `folder` keeps the answer until the host boots again. */
export async function platformOf(images: ImageSource, folder: string, log: Log): Promise<ProbedPlatform> {
  const image = await firstWhole(images, log);
  if (image === undefined)
    return {
      platform: { acceleration: 'tcg', board: 'q35' },
      reason:
        'there is no image to try KVM with: build one with `bellows image build` and start the agent again',
    };
  return probePlatform({ image, folder });
}

/** VMs that run, and those that start from other images, must not wait for somebody to mend one. */
async function firstWhole(images: ImageSource, log: Log): Promise<BootFiles | undefined> {
  for (const digest of await images.list()) {
    try {
      return await images.resolve(digest);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      log.error('an image is of no use', { error });
    }
  }
  return undefined;
}
