// What can be said of a machine before anything is started for it.

import { access } from 'node:fs/promises';
import { holdsUser, type UserRange } from '../../domain/network/tap-users.ts';
import { type MachineSpec, type TapNetwork, VmStartError } from '../../ports/vm-driver.ts';

/** A machine on a tap device. */
export type JailedMachine = MachineSpec & { network: TapNetwork };

/** Firecracker's own limits (firecracker/src/firecracker/swagger/firecracker.yaml; tun's is the kernel's, IFNAMSIZ). */
const mostProcessors = 32;
const longestDeviceName = 15;

/** @throws VmStartError that names what is missing or too much. */
export async function demandMachine(machine: MachineSpec, users: UserRange): Promise<JailedMachine> {
  const { vm, network } = machine;
  if (network.kind !== 'tap')
    throw new VmStartError(
      `${vm}: Firecracker has no user-mode network: give the agent tap devices (--network tap)`,
    );
  if (Buffer.byteLength(network.device) > longestDeviceName)
    throw new VmStartError(
      `${vm}: its tap's name has more than ${longestDeviceName} bytes: ${network.device}`,
    );
  if (!holdsUser(users, network.owner))
    throw new VmStartError(
      `${vm}: its tap belongs to user ${network.owner}, who is none of those that VMs run as (from ${users.first} on, ${users.count} of them)`,
    );
  if (machine.vcpus > mostProcessors)
    throw new VmStartError(
      `${vm}: it is to have ${machine.vcpus} processors, and Firecracker gives at most ${mostProcessors}`,
    );
  const files = [
    ['kernel', machine.kernelPath],
    ['initramfs', machine.initramfsPath],
    ['root file system', machine.rootPath],
    ['scratch disk', machine.scratchPath],
  ] as const;
  for (const [what, path] of files) {
    await access(path).catch((cause: unknown) => {
      throw new VmStartError(`${vm}: its ${what} is missing: ${path}`, { cause });
    });
  }
  return { ...machine, network };
}
