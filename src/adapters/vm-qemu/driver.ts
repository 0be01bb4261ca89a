// One QEMU process for each VM, in a session of its own: it outlives the agent. Which VMs run is read from the host's
// processes, so there is no list of ours that a crash could make wrong.

import type { VmId } from '../../domain/ids.ts';
import { type MachineSpec, type VmDriver, type VmEnd, VmStartError } from '../../ports/vm-driver.ts';
import { watchConsole } from './console.ts';
import type { HeldVm, QemuDriverOptions } from './driver-options.ts';
import { watchShutdown } from './monitor.ts';
import { startMachine } from './start-machine.ts';
import { clearPlace, handedPaths, lastWords, placeOf, places } from './vm-place.ts';
import { type VmProcess, vmProcesses } from './vm-processes.ts';

export interface QemuDriver extends VmDriver {
  /** Lets go of all VMs without touching them: what happens by itself when the agent's process ends. */
  release(): void;
}

const maxFolderBytes = 80;
const adoptedLookMs = 250;
const stopLookMs = 5;
const stopTimeoutMs = 10_000;

export function qemuDriver(options: QemuDriverOptions): QemuDriver {
  const { folder, processes } = options;
  if (Buffer.byteLength(folder) > maxFolderBytes)
    throw new Error(
      `the folder for VMs is too long for Unix sockets (over ${maxFolderBytes} bytes): ${folder}`,
    );
  const held = new Map<VmId, Promise<HeldVm | undefined>>();
  /** One for all starts of a VM since its last stop: they share their process, and their end. */
  const starts = new Map<VmId, AbortController>();

  /** One way at a time for each VM: a second caller gets what the first one got. */
  const hold = (vm: VmId, make: () => Promise<HeldVm | undefined>): Promise<HeldVm | undefined> =>
    held.get(vm) ?? keep(vm, make());
  const keep = (vm: VmId, coming: Promise<HeldVm | undefined>): Promise<HeldVm | undefined> => {
    held.set(vm, coming);
    const forget = () => {
      if (held.get(vm) === coming) held.delete(vm);
    };
    coming.then((got) => (got === undefined ? forget() : got.running.ended.then(forget)), forget);
    return coming;
  };
  const startsOf = (vm: VmId): AbortController => {
    const own = starts.get(vm) ?? new AbortController();
    starts.set(vm, own);
    return own;
  };
  const callOff = (vm: VmId, reason: unknown): void => {
    starts.get(vm)?.abort(reason);
    starts.delete(vm);
  };
  const end = async (vm: VmId, before: Promise<HeldVm | undefined> | undefined): Promise<undefined> => {
    const coming = before?.catch(() => undefined);
    await kill(vm, options);
    await (await coming)?.running.ended;
    // What an agent that died just now was about to make cannot come up either: QEMU opens its sockets in this place.
    await clearPlace(vm, folder);
  };
  const machineOf = async (vm: VmId): Promise<VmProcess | undefined> =>
    (await vmProcesses(folder, processes)).find((process) => process.vm === vm && process.isMachine);
  const takeUpIfRunning = async (vm: VmId): Promise<HeldVm | undefined> => {
    const process = await machineOf(vm);
    return process && takeUp(process, options);
  };

  return {
    kind: 'qemu',
    start: async (machine: MachineSpec, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      const { vm } = machine;
      const { signal: off } = startsOf(vm);
      const giveUp = () => callOff(vm, signal?.reason);
      signal?.addEventListener('abort', giveUp, { once: true });
      try {
        // An `adopt` that is under way may find nothing; a start that was called off, or a stop, has a process to end.
        await held.get(vm)?.catch(() => undefined);
        off.throwIfAborted();
        const make = async () => (await takeUpIfRunning(vm)) ?? startMachine(machine, options, off);
        const got = await hold(vm, make);
        if (got === undefined) throw new Error('bug: a start gave no VM');
        return got.running;
      } finally {
        signal?.removeEventListener('abort', giveUp);
      }
    },
    adopt: async (vm) => (await hold(vm, () => takeUpIfRunning(vm)))?.running,
    // A place without a process is what a crash left of a VM: `stop` clears it.
    find: async () => {
      const [alive, known] = await Promise.all([vmProcesses(folder, processes), places(folder)]);
      return [...new Set([...alive.map(({ vm }) => vm), ...known])].sort();
    },
    stop: async (vm) => {
      callOff(vm, new VmStartError(`${vm}: it was stopped before it was up`));
      await keep(vm, end(vm, held.get(vm)));
    },
    release: () => {
      for (const coming of held.values()) coming.then((got) => got?.letGo()).catch(() => undefined);
      held.clear();
    },
  };
}

async function kill(vm: VmId, { folder, processes, clock }: QemuDriverOptions): Promise<void> {
  const deadline = clock.now() + stopTimeoutMs;
  for (;;) {
    const left = (await vmProcesses(folder, processes)).filter((process) => process.vm === vm);
    if (left.length === 0) return;
    if (clock.now() > deadline)
      throw new Error(`${vm}: process ${left[0]?.pid} does not end, though it was killed`);
    await Promise.all(left.map((process) => processes.kill(process)));
    await clock.sleep(stopLookMs);
  }
}

/** A VM whose QEMU an earlier agent process started: its end must be looked for, and nobody gets its exit code. */
async function takeUp(process: VmProcess, options: QemuDriverOptions): Promise<HeldVm> {
  const { vm, pid } = process;
  const place = placeOf(vm, options.folder);
  const { consolePath } = await handedPaths(place);
  const console =
    consolePath === undefined ? undefined : await watchConsole(place.sockets.console, consolePath);
  const monitor = await watchShutdown(place.sockets.monitor);
  const released = new AbortController();
  const look = async (): Promise<VmEnd> => {
    while (await options.processes.isAlive(process))
      await options.clock.sleep(adoptedLookMs, released.signal);
    await console?.drained;
    const { how, detail } = endOfAdopted(await monitor.guestShutDown);
    const said = await lastWords(place);
    return { how, detail: said === '' ? detail : `${detail}; ${said}` };
  };
  // After `release` nobody listens any more, and the promise is never to reject.
  const ended = look().catch(() => new Promise<VmEnd>(() => undefined));
  const letGo = () => {
    console?.close();
    monitor.close();
    released.abort();
  };
  return { running: { vm, pid, ended }, letGo };
}

/** A guest that shuts down may be its job's doing; a QEMU that the host kills for want of memory is not, and says nothing. */
function endOfAdopted(guestShutDown: boolean | undefined): VmEnd {
  if (guestShutDown === undefined)
    return { how: 'crashed', detail: 'its end is unknown: it ended as a new agent took it up' };
  return guestShutDown
    ? { how: 'exited', detail: 'the guest shut down, reset or panicked' }
    : { how: 'killed', detail: 'killed, by an order or by the host for want of memory' };
}
