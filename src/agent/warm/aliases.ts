// A VM of the warm pool keeps the name that it was booted under for as long as it lives, on the host: processes, files and
// devices cannot be given another. So between the agent and the host names are translated, by what the journal says.

import type { VmId } from '../../domain/ids.ts';
import { vmId } from '../../domain/ids.ts';
import type { RunningVm } from '../../ports/vm-driver.ts';
import type { AgentState } from '../../wire/agent-journal.ts';
import { vmOf } from '../state.ts';
import type { WorkerDeps } from '../worker-deps.ts';

/** What of a VM is on the host. */
export type HostParts = Pick<
  WorkerDeps,
  'driver' | 'disk' | 'folder' | 'network' | 'cage' | 'images' | 'guestLink'
>;

/** The same host, by the names of orders. VMs of the pool that belong to nobody are not seen. */
export function byOrder(host: HostParts, state: () => AgentState): HostParts {
  const machineOf = (vm: VmId): VmId => {
    const machine = vmOf(state(), vm)?.machine;
    return machine === undefined ? vm : vmId(machine);
  };
  const named = async (find: Promise<readonly VmId[]>): Promise<readonly VmId[]> => {
    const { vms, warm } = state();
    const machines = await find;
    if (warm.length === 0 && vms.every(({ machine }) => machine === undefined)) return machines;
    const orders = new Map(vms.flatMap(({ vm, machine }) => (machine === undefined ? [] : [[machine, vm]])));
    const free = new Set(warm.map(({ machine }) => machine));
    return machines
      .filter((machine) => !free.has(machine))
      .map((machine) => vmId(orders.get(machine) ?? machine));
  };
  const { driver, disk, folder, network, cage, images, guestLink } = host;
  const running = (vm: VmId, found: RunningVm): RunningVm => ({ ...found, vm });
  return {
    images,
    driver: {
      kind: driver.kind,
      start: async (machine, signal) =>
        running(machine.vm, await driver.start({ ...machine, vm: machineOf(machine.vm) }, signal)),
      adopt: async (vm) => {
        const found = await driver.adopt(machineOf(vm));
        return found && running(vm, found);
      },
      find: () => named(driver.find()),
      stop: (vm) => driver.stop(machineOf(vm)),
    },
    disk: {
      create: (vm, sizeGib) => disk.create(machineOf(vm), sizeGib),
      remove: (vm) => disk.remove(machineOf(vm)),
      find: () => named(disk.find()),
      freeBytes: () => disk.freeBytes(),
      heldBytes: () => disk.heldBytes(),
    },
    folder: {
      create: (vm) => folder.create(machineOf(vm)),
      remove: (vm) => folder.remove(machineOf(vm)),
      find: () => named(folder.find()),
      consoleTail: (vm, lines) => folder.consoleTail(machineOf(vm), lines),
    },
    network: {
      open: (vm) => network.open(machineOf(vm)),
      close: (vm) => network.close(machineOf(vm)),
      find: () => named(network.find()),
    },
    cage: {
      open: (vm, limits) => cage.open(machineOf(vm), limits),
      close: (vm) => cage.close(machineOf(vm)),
      find: () => named(cage.find()),
    },
    guestLink: { connect: (vm, path) => guestLink.connect(machineOf(vm), path) },
  };
}
