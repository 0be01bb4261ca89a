// One simulated host: its VMs, what each was given, and images. It outlives the agent processes that run on it, as a host does.

import { type ImageDigest, type VmId, vmId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GuestLink } from '../../ports/guest-link.ts';
import type { HostFacts, HostInspector } from '../../ports/host-inspector.ts';
import type { HostNetwork } from '../../ports/host-network.ts';
import type { HostVitalsReader } from '../../ports/host-vitals.ts';
import { ImageError, type ImageSource } from '../../ports/image-source.ts';
import type { Random } from '../../ports/random.ts';
import { DiskFullError, type ScratchDisk } from '../../ports/scratch-disk.ts';
import type { VmCage } from '../../ports/vm-cage.ts';
import {
  type MachineSpec,
  type RunningVm,
  type VmDriver,
  type VmEnd,
  VmStartError,
} from '../../ports/vm-driver.ts';
import type { VmFolder } from '../../ports/vm-folder.ts';
import { type GuestBehaviour, goodGuest } from './guest-behaviour.ts';
import { SimGuest, type SimGuestParts, type SimulatedGuest } from './sim-guest.ts';
import type { SimRunner } from './sim-runner.ts';

/** What happens on the host, as somebody would see it who can look into it: for checkers and transcripts. */
export type SimHostEvent =
  | { kind: 'vm-started'; vm: VmId }
  /** `by`: who ended it. `working`: its runner had a job at that moment. */
  | { kind: 'vm-ended'; vm: VmId; by: 'agent' | 'guest' | 'accident'; working: boolean; detail: string }
  /** The guest was handed a JIT configuration. */
  | { kind: 'jit-handed'; vm: VmId; jitConfig: string }
  /** The agent asked the guest to end its runner and power off. */
  | { kind: 'asked-to-end'; vm: VmId; working: boolean };

export interface SimHostOptions {
  clock: Clock;
  random: Random;
  /** What runs in the runner's place. */
  runner: SimRunner;
  images: readonly ImageDigest[];
  facts?: Partial<HostFacts>;
  diskGib?: number;
  /** For the making of a disk. */
  diskMs?: (vm: VmId) => number;
  /** From `start` to a process that is up. */
  startMs?: () => number;
  /** From `stop` to a process that is gone. */
  stopMs?: () => number;
  behaviour?: (vm: VmId) => Partial<GuestBehaviour>;
  observe?: (event: SimHostEvent) => void;
  /** Another guest than ours. */
  makeGuest?: (parts: SimGuestParts) => SimulatedGuest;
}

interface SimVm {
  machine: MachineSpec;
  guest: SimulatedGuest;
  running: RunningVm;
  end(end: VmEnd, by: 'agent' | 'guest' | 'accident'): void;
}

interface ComingVm {
  running: RunningVm;
  /** Rejects with the reason of its end. */
  up: Promise<RunningVm>;
  end(reason: Error): void;
}

const mib = 1024 ** 2;
const gib = 1024 ** 3;

export class SimHost {
  readonly #options: SimHostOptions;
  readonly #vms = new Map<VmId, SimVm>();
  /** Those whose process is there, but not up. It belongs to the host: it comes up though the agent that began it dies. */
  readonly #coming = new Map<VmId, ComingVm>();
  readonly #boots = new Map<VmId, number>();
  readonly #disks = new Map<VmId, number>();
  readonly #folders = new Map<VmId, string[]>();
  readonly #networks = new Set<VmId>();
  readonly #cages = new Set<VmId>();
  #hostBoots = 1;
  #bootedAt: Instant;
  readonly facts: HostFacts;
  /** Corrupt or removed images are taken out by a test. */
  readonly images: Set<ImageDigest>;
  diskFull = false;
  /** The VMM refuses every start with this word. */
  refusesStart: string | undefined;

  constructor(options: SimHostOptions) {
    this.#options = options;
    this.facts = { arch: 'x64', cpus: 4, memoryMib: 16 * 1024, ...options.facts };
    this.images = new Set(options.images);
    this.#bootedAt = options.clock.now();
  }

  /** What is left on the host, for a checker: nothing, when all VMs are gone. */
  leftovers(): string[] {
    return Object.entries(this.#parts).flatMap(([part, vms]) => [...vms].map((vm) => `${part} ${vm}`));
  }

  guest(vm: VmId): SimGuest | undefined {
    const guest = this.#vms.get(vm)?.guest;
    return guest instanceof SimGuest ? guest : undefined;
  }

  /** The VM's process dies: killed for want of memory, say. */
  crash(vm: VmId): void {
    this.#coming.get(vm)?.end(new VmStartError(`${vm}: killed by signal 9`));
    this.#vms.get(vm)?.end({ how: 'killed', detail: 'killed by signal 9' }, 'accident');
  }

  /** The job turns its own VM off. */
  powerOff(vm: VmId): void {
    this.#vms.get(vm)?.end({ how: 'exited', detail: 'the guest powered off' }, 'guest');
  }

  /** The power fails: what is a process or the kernel's is gone, disks and folders stay. The agent is somebody else's to end. */
  reboot(): void {
    this.#hostBoots += 1;
    this.#bootedAt = this.#options.clock.now();
    for (const vm of this.#processes) this.crash(vm);
    this.#networks.clear();
    this.#cages.clear();
  }

  /** The power is back. */
  comeUp(): void {
    this.#bootedAt = this.#options.clock.now();
  }

  /** The VMs whose process runs, in order. */
  get running(): VmId[] {
    return [...this.#vms.keys()].sort();
  }

  /** What the VMs whose process runs were given of the host. */
  get machines(): readonly MachineSpec[] {
    return [...this.#vms.values()].map(({ machine }) => machine);
  }

  /** What there is of one VM on the host: `process`, `disk` and so on. */
  partsOf(vm: VmId): string[] {
    return Object.entries(this.#parts).flatMap(([part, vms]) => (vms.has(vm) ? [part] : []));
  }

  get #parts() {
    return {
      process: new Set(this.#processes),
      cage: this.#cages,
      network: this.#networks,
      disk: new Set(this.#disks.keys()),
      folder: new Set(this.#folders.keys()),
    };
  }

  get driver(): VmDriver {
    return {
      kind: 'sim',
      start: (machine, signal) => this.#start(machine, signal),
      adopt: async (vm) => (this.#vms.get(vm) ?? this.#coming.get(vm))?.running,
      find: async () => this.#processes.sort(),
      stop: async (vm) => {
        const { stopMs, clock } = this.#options;
        this.#coming.get(vm)?.end(new VmStartError(`${vm}: it was stopped before it was up`));
        if (stopMs !== undefined && this.#vms.has(vm)) await clock.sleep(stopMs());
        this.#vms.get(vm)?.end({ how: 'killed', detail: 'stopped by its driver' }, 'agent');
      },
    };
  }

  /** The VMs that have a process, up or not. */
  get #processes(): VmId[] {
    return [...this.#vms.keys(), ...this.#coming.keys()];
  }

  /** Each job writes about as much. */
  get #heldBytes(): number {
    return this.#disks.size * gib;
  }

  get disk(): ScratchDisk {
    return {
      create: async (vm, sizeGib) => {
        const { diskMs, clock } = this.#options;
        if (diskMs !== undefined) await clock.sleep(diskMs(vm));
        if (this.diskFull) throw new DiskFullError('/sim has 0 MiB left: free some space there');
        this.#disks.set(vm, sizeGib);
        return { path: `/sim/${vm}.ext4` };
      },
      remove: async (vm) => void this.#disks.delete(vm),
      find: async () => [...this.#disks.keys()].sort(),
      heldBytes: async () => this.#heldBytes,
      freeBytes: async () => {
        const wholeBytes = (this.#options.diskGib ?? 200) * gib;
        return this.diskFull ? 0 : Math.max(0, wholeBytes - this.#heldBytes);
      },
    };
  }

  get folder(): VmFolder {
    return {
      create: async (vm) => {
        this.#folders.set(vm, this.#folders.get(vm) ?? []);
        return { guestSocketPath: `/sim/${vm}/guest.sock`, consolePath: `/sim/${vm}/console.log` };
      },
      remove: async (vm) => void this.#folders.delete(vm),
      find: async () => [...this.#folders.keys()].sort(),
      consoleTail: async (vm, lines) => this.#folders.get(vm)?.slice(-lines) ?? [],
    };
  }

  get network(): HostNetwork {
    return {
      open: async (vm) => {
        this.#networks.add(vm);
        return { kind: 'user', restricted: true, forwards: [] };
      },
      close: async (vm) => void this.#networks.delete(vm),
      find: async () => [...this.#networks].sort(),
    };
  }

  get cage(): VmCage {
    return {
      open: async (vm) => {
        this.#cages.add(vm);
        return { cgroup: `/sim/cgroup/${vm}` };
      },
      close: async (vm) => void this.#cages.delete(vm),
      find: async () => [...this.#cages].sort(),
    };
  }

  get imageSource(): ImageSource {
    return {
      resolve: async (digest) => {
        if (!this.images.has(digest))
          throw new ImageError(`image ${digest} is not on this host: build or pull it there`);
        const path = `/sim/${digest}`;
        return {
          digest,
          kernelPath: `${path}/kernel`,
          initramfsPath: `${path}/initramfs`,
          rootPath: rootPathOf(digest),
        };
      },
      list: async () => [...this.images],
      ages: async () => [...this.images].map((digest) => ({ digest, runner: { version: 'simulated' } })),
    };
  }

  get guestLink(): GuestLink {
    return {
      connect: async (vm) => {
        const guest = this.#vms.get(vm)?.guest;
        if (guest === undefined) throw new Error(`connect to the guest of ${vm}: no such socket`);
        return guest.connect();
      },
    };
  }

  get inspector(): HostInspector {
    return {
      inspect: async () => this.facts,
      boot: async () => ({ id: `boot-${this.#hostBoots}`, at: this.#bootedAt }),
    };
  }

  /** As of a host that does nothing but run its VMs. */
  get vitals(): HostVitalsReader {
    const { cpus, memoryMib } = this.facts;
    return {
      read: async () => {
        const machines = this.machines;
        const busy = machines.reduce((sum, { vcpus }) => sum + vcpus, 0);
        const held = machines.reduce((sum, machine) => sum + machine.memoryMib, 0);
        return {
          load: [busy, busy, busy],
          processors: cpus,
          memoryBytes: memoryMib * mib,
          memoryAvailableBytes: Math.max(0, memoryMib - held) * mib,
          diskBytes: (this.#options.diskGib ?? 200) * gib,
          diskFreeBytes: await this.disk.freeBytes(),
          kernel: 'sim',
          images: await this.imageSource.ages(),
        };
      },
    };
  }

  async #start(machine: MachineSpec, signal?: AbortSignal): Promise<RunningVm> {
    const known = this.#vms.get(machine.vm);
    if (known !== undefined) return known.running;
    signal?.throwIfAborted();
    const coming = this.#coming.get(machine.vm) ?? this.#begin(machine);
    const giveUp = (): void => coming.end(signal?.reason);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      return await coming.up;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  #begin(machine: MachineSpec): ComingVm {
    const { vm } = machine;
    if (this.refusesStart !== undefined) throw new VmStartError(this.refusesStart);
    if (!this.#disks.has(vm))
      throw new VmStartError(`${vm}: its scratch disk is missing: ${machine.scratchPath}`);
    if (![...this.images].some((digest) => machine.rootPath === rootPathOf(digest)))
      throw new VmStartError(`${vm}: its root file system is missing: ${machine.rootPath}`);
    const ended = Promise.withResolvers<VmEnd>();
    const over = new AbortController();
    const slept = this.#options.clock.sleep(this.#options.startMs?.() ?? 40, over.signal);
    const up = slept.then(() => {
      // It may have been ended in the moment in which it woke.
      over.signal.throwIfAborted();
      this.#coming.delete(vm);
      return this.#spawn(machine, ended);
    });
    // The agent that waited for it may be dead by now.
    up.catch(() => undefined);
    const end = (reason: Error): void => {
      if (this.#coming.get(vm) === coming) this.#coming.delete(vm);
      over.abort(reason);
      ended.resolve({ how: 'killed', detail: reason.message });
    };
    const coming: ComingVm = { running: { vm, pid: undefined, ended: ended.promise }, up, end };
    this.#coming.set(vm, coming);
    return coming;
  }

  #spawn(machine: MachineSpec, ended: PromiseWithResolvers<VmEnd>): RunningVm {
    const { clock, random, runner, observe } = this.#options;
    const { vm } = machine;
    const working = (): boolean => made.guest instanceof SimGuest && made.guest.working;
    const end: SimVm['end'] = (how, by) => {
      if (this.#vms.get(vm) !== made) return;
      observe?.({ kind: 'vm-ended', vm, by, working: working(), detail: how.detail });
      this.#vms.delete(vm);
      made.guest.kill();
      ended.resolve(how);
    };
    const behaviour = { ...goodGuest, ...this.#options.behaviour?.(vm) };
    const boot = (this.#boots.get(vm) ?? 0) + 1;
    this.#boots.set(vm, boot);
    const { makeGuest = (parts: SimGuestParts) => new SimGuest(parts) } = this.#options;
    const guest = makeGuest({
      clock,
      random,
      behaviour,
      runner,
      fate: fateOf(behaviour, boot),
      cpus: machine.vcpus,
      memoryMib: machine.memoryMib,
      end: (how, detail) => end({ how, detail }, 'guest'),
      jitHanded: (jitConfig) => observe?.({ kind: 'jit-handed', vm, jitConfig }),
      askedToEnd: () => observe?.({ kind: 'asked-to-end', vm, working: working() }),
      console: (line) => this.#folders.get(vmId(vm))?.push(line),
    });
    const made: SimVm = { machine, guest, running: { vm, pid: undefined, ended: ended.promise }, end };
    this.#vms.set(vm, made);
    observe?.({ kind: 'vm-started', vm });
    return made.running;
  }
}

const rootPathOf = (digest: ImageDigest): string => `/sim/${digest}/root`;

function fateOf({ boot }: GuestBehaviour, count: number): 'answers' | 'silent' | 'panics' {
  switch (boot) {
    case 'hangs-first':
      return count === 1 ? 'silent' : 'answers';
    case 'panics-first':
      return count === 1 ? 'panics' : 'answers';
    default:
      return boot;
  }
}
