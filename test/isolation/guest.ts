// One real VM, started as the product starts it; only what would start Docker in it starts our attacker instead.

import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { linuxProcessTable } from '../../src/adapters/linux/process-table.ts';
import { sparseScratchDisk } from '../../src/adapters/linux/scratch-disk.ts';
import type { LinuxNetwork } from '../../src/adapters/linux-network/linux-network.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { type QemuDriver, qemuDriver } from '../../src/adapters/vm-qemu/driver.ts';
import type { VmId } from '../../src/domain/ids.ts';
import type { BootFiles } from '../../src/ports/image-source.ts';
import type { MachineRates, MachineSpec, RunningVm, TapNetwork } from '../../src/ports/vm-driver.ts';

const execute = promisify(execFile);
/** The port that the host serves to guests; over it the attackers get their orders. */
export const orderPort = 5000;
const bootTimeoutMs = 240_000;

export type Answer = Readonly<Record<string, unknown>>;

export interface Guest {
  readonly vm: VmId;
  readonly machine: MachineSpec;
  readonly tap: TapNetwork;
  readonly driver: QemuDriver;
  readonly running: RunningVm;
  /** Its address, without the prefix. */
  readonly address: string;
  /** MAC of the host's end of its tap. */
  readonly gatewayMac: string;
  /** Has the attacker do something, and gives what came of it. */
  order(doing: string, how?: object): Promise<Answer>;
}

export interface GuestOptions {
  vm: VmId;
  folder: string;
  image: BootFiles;
  network: LinuxNetwork;
  attackers: AttackerDesk;
  scratchGib: number;
  memoryMib: number;
  rates?: MachineRates;
  /** QEMU, or what stands in for it. */
  program?: string;
}

export async function startGuest(options: GuestOptions): Promise<Guest> {
  const { vm, folder, image, network, attackers, program, rates } = options;
  const tap = await network.open(vm);
  const disk = sparseScratchDisk({ folder: join(folder, 'disks') });
  const { path: scratchPath } = await disk.create(vm, options.scratchGib);
  await putAttacker(scratchPath, folder, tap.gateway);
  await mkdir(join(folder, 'links'), { recursive: true });
  const driver = newDriver(folder, program);
  const machine: MachineSpec = {
    vm,
    vcpus: 1,
    memoryMib: options.memoryMib,
    kernelPath: image.kernelPath,
    initramfsPath: image.initramfsPath,
    rootPath: image.rootPath,
    scratchPath,
    network: tap,
    ...(rates && { rates }),
    guestSocketPath: join(folder, 'links', vm),
    consolePath: join(folder, `${vm}.console`),
  };
  const address = tap.address.replace(/\/\d+$/, '');
  const running = await driver.start(machine);
  const socket = await attackers.arrival(address);
  const { stdout } = await execute('ip', ['link', 'show', tap.device]);
  const gatewayMac = /link\/ether (\S+)/.exec(stdout)?.[1] ?? '';
  return { vm, machine, tap, driver, running, address, gatewayMac, order: orders(socket) };
}

export const driverFolder = (folder: string): string => join(folder, 'vms');

export function newDriver(folder: string, program?: string): QemuDriver {
  return qemuDriver({
    folder: driverFolder(folder),
    platform: { acceleration: 'tcg', board: 'q35' },
    processes: linuxProcessTable(),
    clock: new SystemClock(),
    ...(program !== undefined && { program }),
  });
}

/** The overlay's upper layer lies on the scratch disk: what is put there is what the guest sees. */
async function putAttacker(scratchPath: string, folder: string, gateway: string): Promise<void> {
  const start = join(folder, 'start-docker');
  const line = `exec python3 /usr/lib/bellows/attacker.py ${gateway} ${orderPort}`;
  await writeFile(start, `#!/usr/lib/bellows/busybox sh\n${line}\n`);
  const at = 'upper/usr/lib/bellows';
  const folders = ['upper', 'upper/usr', 'upper/usr/lib', at];
  const script = [
    ...folders.map((one) => `mkdir ${one}`),
    `write ${start} ${at}/start-docker`,
    `write ${join(import.meta.dirname, 'attacker.py')} ${at}/attacker.py`,
    `sif ${at}/start-docker mode 0100755`,
  ];
  const orderFile = join(folder, 'debugfs');
  await writeFile(orderFile, `${script.join('\n')}\n`);
  await execute('debugfs', ['-w', '-f', orderFile, scratchPath], {
    env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' },
  });
}

/** Answers come in the order of the orders. */
export function orders(socket: Socket): Guest['order'] {
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  let last: Promise<unknown> = lines.next();
  return (doing, how = {}) => {
    const turn = last.then(async () => {
      socket.write(`${JSON.stringify({ do: doing, ...how })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the attacker was gone before it answered about ${doing}`);
      return JSON.parse(value);
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** Where attackers come for their orders: a service of the host's for its guests. */
export interface AttackerDesk {
  /** The connection of the attacker at this address. */
  arrival(address: string): Promise<Socket>;
  close(): void;
}

export async function openDesk(gateway: string): Promise<AttackerDesk> {
  const sockets = new Map<string, Socket>();
  const waiting = new Map<string, (socket: Socket) => void>();
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    const from = socket.remoteAddress ?? '';
    sockets.set(from, socket);
    waiting.get(from)?.(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(orderPort, gateway, resolve);
  });
  return {
    arrival: (address) =>
      new Promise((resolve, reject) => {
        const there = sockets.get(address);
        if (there !== undefined) return resolve(there);
        const late = setTimeout(() => reject(new Error(`no attacker came from ${address}`)), bootTimeoutMs);
        waiting.set(address, (socket) => {
          clearTimeout(late);
          resolve(socket);
        });
      }),
    close: () => {
      for (const socket of sockets.values()) socket.destroy();
      server.close();
    },
  };
}

/** The last lines of a VM's console, for people. */
export async function consoleEnd(machine: Pick<MachineSpec, 'consolePath'>): Promise<string> {
  return (await readFile(machine.consolePath, 'utf8').catch(() => '')).slice(-2000);
}

/** A program in QEMU's place that takes some of the driver's limits away: what the disks of `text` say is replaced. */
export async function looserQemu(
  path: string,
  changes: readonly [string, string][],
  more: readonly string[],
) {
  const text = `#!/usr/bin/python3
import json, os, sys
args = sys.argv[1:]
for before, after in json.loads(${JSON.stringify(JSON.stringify(changes))}):
    args = [arg.replace(before, after) for arg in args]
os.execvp("qemu-system-x86_64", ["qemu-system-x86_64", *args, *json.loads(${JSON.stringify(JSON.stringify(more))})])
`;
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}
