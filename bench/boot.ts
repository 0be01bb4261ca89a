// How long a VM takes from the order to start it until its guest is ready on the guest link, against two yardsticks in the
// same run, taken in turns: the same machine started by a shell script, and the same kernel with an init that only prints.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linuxProcessTable } from '../src/adapters/linux/process-table.ts';
import { sparseScratchDisk } from '../src/adapters/linux/scratch-disk.ts';
import { SystemClock } from '../src/adapters/system/clock.ts';
import { qemuDriver } from '../src/adapters/vm-qemu/driver.ts';
import { qemuGuestLink } from '../src/adapters/vm-qemu/guest-link.ts';
import { type ImageDigest, type VmId, vmId } from '../src/domain/ids.ts';
import { buildDefaultImage, hostImages } from '../src/main/default-image.ts';
import type { BootFiles, ImageSource } from '../src/ports/image-source.ts';
import type { MachineSpec } from '../src/ports/vm-driver.ts';
import { converse, type GuestConversation } from '../test/support/guest-conversation.ts';
import { writeInitramfs } from '../test/support/talking-guest.ts';

export const help = `boot: from the order to start a VM until its guest is ready on the guest link

  --pairs N    pairs of measurements, nine at least (default 9)
`;

export interface BootOptions {
  pairs?: number;
  /** Gets a line for each measurement. */
  say?: (line: string) => void;
}

const memoryMib = 1024;
const vcpus = 2;
const scratchGib = 8;
const dockerRuns = 3;
/** A boot that takes longer than this is a hang. */
const patienceMs = 120_000;

interface Measured {
  ms: number;
  /** Where the time went, in ms; together they are `ms`. */
  parts: Record<Part, number>;
}

const parts = ['vmm', 'kernel', 'mounts', 'agent', 'link'] as const;
type Part = (typeof parts)[number];

/** Keys: ms, bareMs, ratio, initMs, initRatio, dockerMs, parts, pairs. Milliseconds and ratios are medians. */
export async function run({ pairs = 9, say = () => {} }: BootOptions = {}): Promise<object> {
  const { digest } = await buildDefaultImage({
    onProgress: ({ step, state }) => say(`image: ${step} ${state}`),
  });
  const folder = await mkdtemp(join(tmpdir(), 'bellows-bench-'));
  try {
    const ground = await prepare(folder, digest);
    // The first boot reads the image from the disk; every other finds it in memory.
    await bootByAgent(ground, 'ready');
    const taken: { agent: Measured; bare: number; init: number }[] = [];
    for (let pair = 1; pair <= Math.max(9, pairs); pair++) {
      const init = await bootPrinting(ground);
      // Whichever comes first in a pair may find the machine warmer.
      const agentFirst = pair % 2 === 0;
      const early = agentFirst ? await bootByAgent(ground, 'ready') : undefined;
      const bare = await bootBare(ground);
      const agent = early ?? (await bootByAgent(ground, 'ready'));
      taken.push({ agent, bare, init });
      say(`pair ${pair}: agent ${agent.ms} ms, bare ${bare} ms, printing init ${init} ms`);
    }
    const docker: number[] = [];
    for (let count = 0; count < dockerRuns; count++) docker.push((await bootByAgent(ground, 'docker')).ms);
    return {
      ms: median(taken.map(({ agent }) => agent.ms)),
      bareMs: median(taken.map(({ bare }) => bare)),
      ratio: rounded(median(taken.map(({ agent, bare }) => agent.ms / bare))),
      initMs: median(taken.map(({ init }) => init)),
      initRatio: rounded(median(taken.map(({ agent, init }) => agent.ms / init))),
      dockerMs: median(docker),
      parts: Object.fromEntries(
        parts.map((part) => [part, median(taken.map(({ agent }) => agent.parts[part]))]),
      ),
      pairs: taken.length,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Ground {
  folder: string;
  digest: ImageDigest;
  images: ImageSource;
  image: BootFiles;
  printingInitramfs: string;
  template: string;
}

async function prepare(folder: string, digest: ImageDigest): Promise<Ground> {
  const images = hostImages();
  const image = await images.resolve(digest);
  const printing = '#!/bin/busybox sh\necho "the init prints"\nexec /bin/busybox sleep 600\n';
  const printingInitramfs = await writeInitramfs(image, printing, join(folder, 'printing'));
  const disks = sparseScratchDisk({ folder: join(folder, 'disks') });
  await disks.create(vmId('vm-template'), scratchGib);
  return {
    folder,
    digest,
    images,
    image,
    printingInitramfs,
    template: join(folder, 'disks', `template-${scratchGib}gib`),
  };
}

/** All that the agent does for an order: image, disk, VMM, link. */
async function bootByAgent(ground: Ground, until: 'ready' | 'docker'): Promise<Measured> {
  const vm: VmId = vmId(`vm-${Date.now().toString(36)}`);
  const { folder } = ground;
  const disks = sparseScratchDisk({ folder: join(folder, 'disks') });
  const driver = qemuDriver({
    folder: join(folder, 'vms'),
    platform: { acceleration: 'tcg', board: 'q35' },
    processes: linuxProcessTable(),
    clock: new SystemClock(),
  });
  const begun = performance.now();
  const [image, scratch] = await Promise.all([
    ground.images.resolve(ground.digest),
    disks.create(vm, scratchGib),
  ]);
  const machine: MachineSpec = {
    vm,
    vcpus,
    memoryMib,
    kernelPath: image.kernelPath,
    initramfsPath: image.initramfsPath,
    rootPath: image.rootPath,
    scratchPath: scratch.path,
    network: { kind: 'user', restricted: true, forwards: [] },
    guestSocketPath: join(folder, 'link'),
    consolePath: join(folder, 'console'),
  };
  try {
    await driver.start(machine);
    const guest = await converse(qemuGuestLink(), machine);
    try {
      return await inTime(measure(guest, begun, until));
    } finally {
      guest.close();
    }
  } finally {
    await driver.stop(vm);
    await disks.remove(vm);
  }
}

async function measure(
  guest: GuestConversation,
  begun: number,
  until: 'ready' | 'docker',
): Promise<Measured> {
  const { message: hello, atMs } = await guest.first('hello');
  const phase = async (name: 'kernel' | 'init' | 'agent' | 'docker') =>
    (await guest.first('phase', (told) => told.phase === name)).message.uptimeMs;
  const kernel = await phase('kernel');
  const init = await phase('init');
  const agent = await phase('agent');
  const readyMs = atMs - begun;
  // The guest's clock starts with its kernel; the message was on its way for a moment that counts as link.
  const vmm = Math.max(0, Math.round(readyMs - hello.uptimeMs));
  const link = Math.max(0, hello.uptimeMs - agent);
  const ms = until === 'docker' ? vmm + (await phase('docker')) : Math.round(readyMs);
  return { ms, parts: { vmm, kernel, mounts: init - kernel, agent: agent - init, link } };
}

/** The same machine, started by a shell script. */
async function bootBare({ folder, image, template }: Ground): Promise<number> {
  const script = join(import.meta.dirname, 'boot-bare.sh');
  await rm(join(folder, 'link'), { force: true });
  const begun = performance.now();
  const files = [image.kernelPath, image.initramfsPath, image.rootPath, template];
  const child = spawn('sh', [script, folder, ...files], { stdio: 'ignore' });
  try {
    const guest = await converse(qemuGuestLink(), linkOnly(folder));
    try {
      const { atMs } = await inTime(guest.first('hello'));
      return Math.round(atMs - begun);
    } finally {
      guest.close();
    }
  } finally {
    await ended(child);
  }
}

/** The same kernel on the same machine, with an init that only prints. */
async function bootPrinting({ folder, image, printingInitramfs, template }: Ground): Promise<number> {
  const script = join(import.meta.dirname, 'boot-bare.sh');
  await rm(join(folder, 'link'), { force: true });
  const begun = performance.now();
  const files = [image.kernelPath, printingInitramfs, image.rootPath, template];
  const child = spawn('sh', [script, folder, ...files], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    let said = '';
    return await inTime(
      new Promise<number>((resolve) => {
        child.stdout.on('data', (chunk: Buffer) => {
          said += chunk.toString('latin1');
          if (said.includes('the init prints')) resolve(Math.round(performance.now() - begun));
        });
      }),
    );
  } finally {
    await ended(child);
  }
}

function linkOnly(folder: string): Pick<MachineSpec, 'vm' | 'guestSocketPath'> {
  return { vm: vmId('vm-bare'), guestSocketPath: join(folder, 'link') };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the guest was not ready within ${patienceMs / 1000} s`)),
      patienceMs,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

function rounded(ratio: number): number {
  return Math.round(ratio * 1000) / 1000;
}
