// One Firecracker for each VM, in a jail and a session of its own: it outlives the agent. Which VMs run is read from the
// host's processes and the places on disk, so there is no list of ours that a crash could make wrong.

import type { VmId } from '../../domain/ids.ts';
import { holdsUser } from '../../domain/network/tap-users.ts';
import { type MachineSpec, type VmDriver, VmStartError } from '../../ports/vm-driver.ts';
import type { FirecrackerDriverOptions, HeldVm } from './driver-options.ts';
import { endVm, killAll } from './ending.ts';
import { HeldVms } from './held-vms.ts';
import { ProgramVersions } from './programs.ts';
import { startMachine } from './start-machine.ts';
import { hasBooted, takeUp } from './take-up.ts';
import { places } from './vm-place.ts';
import { type VmProcess, vmProcesses } from './vm-processes.ts';

export interface FirecrackerDriver extends VmDriver {
  /** Lets go of all VMs without touching them: what happens by itself when the agent's process ends. */
  release(): void;
}

/** @throws when the VMs would run as root. */
export function firecrackerDriver(options: FirecrackerDriverOptions): FirecrackerDriver {
  const { folder, processes, users } = options;
  if (users.first < 1 || users.count < 1)
    throw new Error(
      `VMs must not run as root: their users begin at ${users.first} (1 or more), ${users.count} of them`,
    );
  const parts = { options, versions: new ProgramVersions() };
  const held = new HeldVms();
  const all = (): Promise<VmProcess[]> => vmProcesses(folder, processes, (user) => holdsUser(users, user));
  const lookFor = (vm: VmId) => async (): Promise<VmProcess[]> =>
    (await all()).filter((one) => one.vm === vm);
  const takeUpIfBooted = async (vm: VmId): Promise<HeldVm | undefined> => {
    const [process] = await lookFor(vm)();
    return process && (await hasBooted(process, options)) ? takeUp(process, options) : undefined;
  };
  const end = async (vm: VmId, before: Promise<HeldVm | undefined> | undefined): Promise<undefined> => {
    const coming = before?.catch(() => undefined);
    const ended = async () => void (await (await coming)?.running.ended);
    await endVm(vm, { look: lookFor(vm), ended }, options);
  };

  return {
    kind: 'firecracker',
    start: async (machine: MachineSpec, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      const { vm } = machine;
      const off = held.startsOf(vm);
      const giveUp = () => held.callOff(vm, signal?.reason);
      signal?.addEventListener('abort', giveUp, { once: true });
      try {
        // An `adopt` that is under way may find nothing; a start that was called off, or a stop, has a process to end.
        await held.get(vm)?.catch(() => undefined);
        off.throwIfAborted();
        const make = async () => {
          const running = await takeUpIfBooted(vm);
          if (running !== undefined) return running;
          // What an agent left half made will never run.
          await killAll(vm, lookFor(vm), options);
          return startMachine(machine, parts, off);
        };
        const got = await held.hold(vm, make);
        if (got === undefined) throw new Error('bug: a start gave no VM');
        return got.running;
      } finally {
        signal?.removeEventListener('abort', giveUp);
      }
    },
    adopt: async (vm) => (await held.hold(vm, () => takeUpIfBooted(vm)))?.running,
    // A place without a process is what a crash left of a VM: `stop` clears it.
    find: async () => {
      const [alive, known] = await Promise.all([all(), places(folder)]);
      return [...new Set([...alive.map(({ vm }) => vm), ...known])].sort();
    },
    stop: async (vm) => {
      held.callOff(vm, new VmStartError(`${vm}: it was stopped before it was up`));
      await held.keep(vm, end(vm, held.get(vm)));
    },
    release: () => held.release(),
  };
}
