// What makes VMs on this host: the same for the agent, and for the doctor who tries whether it does.

import { join } from 'node:path';
import { linuxProcessTable } from '../adapters/linux/process-table.ts';
import { sparseScratchDisk } from '../adapters/linux/scratch-disk.ts';
import {
  type LinuxNetwork,
  type LinuxNetworkOptions,
  linuxNetwork,
} from '../adapters/linux-network/linux-network.ts';
import { firecrackerDriver } from '../adapters/vm-firecracker/driver.ts';
import type { FirecrackerPrograms } from '../adapters/vm-firecracker/driver-options.ts';
import { firecrackerGuestLink } from '../adapters/vm-firecracker/guest-link.ts';
import { vmFolder } from '../adapters/vm-folder/vm-folder.ts';
import { BoundedLog } from '../adapters/vm-qemu/bounded-log.ts';
import { qemuDriver } from '../adapters/vm-qemu/driver.ts';
import { qemuGuestLink } from '../adapters/vm-qemu/guest-link.ts';
import { type ProbedPlatform, probePlatform } from '../adapters/vm-qemu/probe-platform.ts';
import { userNetwork } from '../adapters/vm-qemu/user-network.ts';
import type { WorkerDeps } from '../agent/worker-deps.ts';
import type { UserRange } from '../domain/network/tap-users.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostNetwork } from '../ports/host-network.ts';
import { type BootFiles, ImageError, type ImageSource } from '../ports/image-source.ts';
import type { Log } from '../ports/log.ts';
import type { MachineRates, UserNetwork } from '../ports/vm-driver.ts';
import { hostCage } from './host-cage.ts';

/** What runs VMs. */
export type VmMonitor = { kind: 'qemu' } | { kind: 'firecracker'; programs: FirecrackerPrograms };

/** How VMs are joined to the world. `restricted` and `open` are QEMU's own user-mode network. */
export type VmNetwork =
  | { kind: 'restricted' | 'open'; forwards: UserNetwork['forwards'] }
  | { kind: 'tap'; policy: LinuxNetworkOptions['policy']; users: UserRange };

export interface VmPartsOptions {
  /** The driver's sockets, disks and folders of VMs lie in it. */
  folder: string;
  monitor: VmMonitor;
  network: VmNetwork;
  /** The VMs' control group below the root of control groups; VMs are not held to their share when left out. */
  cgroup: string | undefined;
  rates: MachineRates;
  /** What QEMU emulates; Firecracker has no choice. */
  platform: ProbedPlatform['platform'];
  clock: Clock;
  log: Log;
}

export interface VmParts
  extends Pick<WorkerDeps, 'driver' | 'disk' | 'folder' | 'network' | 'cage' | 'guestLink'> {
  /** The firewall and the taps, where VMs have them. */
  taps: LinuxNetwork | undefined;
  /** Lets go of all VMs without touching them. */
  release(): void;
}

/** @throws with what to do when monitor, network and user do not go together. */
export async function vmParts(options: VmPartsOptions): Promise<VmParts> {
  const { folder, monitor, network, clock, log } = options;
  const isRoot = process.getuid?.() === 0;
  demandFit(monitor, network, isRoot);
  const disks = join(folder, 'disks');
  const taps =
    network.kind === 'tap'
      ? linuxNetwork({ policy: network.policy, users: network.users, clock, log })
      : undefined;
  return {
    ...driverOf(options),
    disk: sparseScratchDisk({ folder: disks }),
    folder: vmFolder(join(folder, 'vms')),
    taps,
    network: taps ?? userNetworkOf(network),
    cage: await hostCage({
      parent: options.cgroup,
      folder: disks,
      rates: options.rates,
      isRoot,
      clock,
      log,
    }),
  };
}

function demandFit(monitor: VmMonitor, network: VmNetwork, isRoot: boolean): void {
  if (monitor.kind === 'firecracker' && network.kind !== 'tap')
    throw new Error('Firecracker has no user-mode network: set BELLOWS_NETWORK=tap (docs/network.md)');
  if ((monitor.kind === 'firecracker' || network.kind === 'tap') && !isRoot)
    throw new Error(
      'taps and Firecracker need root: start the agent as root, or as the service that `bellows agent install` makes',
    );
}

function userNetworkOf(network: VmNetwork): HostNetwork {
  if (network.kind === 'tap') throw new Error('bug: a tap is no user-mode network');
  return userNetwork({ restricted: network.kind === 'restricted', forwards: network.forwards });
}

function driverOf({
  folder,
  monitor,
  network,
  platform,
  clock,
}: VmPartsOptions): Pick<VmParts, 'driver' | 'guestLink' | 'release'> {
  const processes = linuxProcessTable();
  if (monitor.kind === 'qemu') {
    const driver = qemuDriver({ folder: join(folder, 'qemu'), platform, processes, clock });
    return { driver, guestLink: qemuGuestLink(), release: () => driver.release() };
  }
  if (network.kind !== 'tap') throw new Error('bug: Firecracker without taps');
  const { programs } = monitor;
  const driver = firecrackerDriver({
    folder: join(folder, 'jails'),
    programs,
    users: network.users,
    processes,
    clock,
    openLog: (path) => new BoundedLog(path),
  });
  return { driver, guestLink: firecrackerGuestLink(clock), release: () => driver.release() };
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
