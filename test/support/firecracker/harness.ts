// The driver on the stand-in, for the contract suite and for faults.

import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linuxProcessTable } from '../../../src/adapters/linux/process-table.ts';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { firecrackerDriver } from '../../../src/adapters/vm-firecracker/driver.ts';
import type { FirecrackerDriverOptions } from '../../../src/adapters/vm-firecracker/driver-options.ts';
import { firecrackerGuestLink } from '../../../src/adapters/vm-firecracker/guest-link.ts';
import { BoundedLog } from '../../../src/adapters/vm-qemu/bounded-log.ts';
import { vmId } from '../../../src/domain/ids.ts';
import type { MachineSpec } from '../../../src/ports/vm-driver.ts';
import type { VmDriverHarness } from '../../contract/vm-driver.ts';
import { type StandIn, writeStandIn } from './programs.ts';
import type { Release } from './settings.ts';

/** Jails are given to users, which only root may do; undefined when they can be. */
export const whyNoJails = process.getuid?.() === 0 ? undefined : 'jails need root';

export interface StandInHarness extends VmDriverHarness {
  standIn: StandIn;
  folder: string;
  machine(changes?: Partial<MachineSpec>): Promise<MachineSpec>;
  /** The processes whose arguments name this harness's folder or one of its jails. */
  processes(): Promise<readonly string[]>;
}

/** What an ELF kernel begins with. */
export const elfKernel = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(1024)]);

export async function standInHarness(
  release: Release,
  changes: Partial<FirecrackerDriverOptions> = {},
): Promise<StandInHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-fc-test-'));
  const vms = join(folder, 'vms');
  const links = join(folder, 'links');
  await mkdir(links);
  await mkdir(join(folder, 'programs'));
  const standIn = writeStandIn(join(folder, 'programs'), release);
  const { firecracker, jailer, cgroupRoot } = standIn;
  const newDriver = () =>
    firecrackerDriver({
      folder: vms,
      programs: { firecracker, jailer },
      users: { first: 900_000, count: 16 },
      processes: linuxProcessTable(),
      clock: new SystemClock(),
      openLog: (path) => new BoundedLog(path),
      cgroupRoot,
      arch: 'x64',
      ...changes,
    });
  let driver = newDriver();
  const processes = () => jailedProcesses(folder, standIn);
  const harness: StandInHarness = {
    standIn,
    folder,
    get driver() {
      return driver;
    },
    link: firecrackerGuestLink(new SystemClock()),
    machine: async (changed = {}) => ({ ...(await makeMachine(folder, cgroupRoot)), ...changed }),
    restartAgent: async () => {
      driver.release();
      driver = newDriver();
      return driver;
    },
    processes,
    leftovers: async () => [
      ...(await processes()),
      ...(await readdir(vms).catch(() => [])),
      ...(await readdir(links)),
    ],
    console: (machine) => readFile(machine.consolePath, 'utf8'),
    close: async () => {
      await Promise.all((await driver.find()).map((vm) => driver.stop(vm)));
      await rm(folder, { recursive: true, force: true });
    },
  };
  return harness;
}

async function makeMachine(folder: string, cgroupRoot: string): Promise<MachineSpec> {
  const vm = vmId(`vm-${randomBytes(6).toString('hex')}`);
  const file = async (name: string, content: string | Buffer, mode = 0o644): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content, { mode });
    return path;
  };
  const cgroup = join(cgroupRoot, 'bellows.slice', vm);
  await mkdir(cgroup, { recursive: true });
  await writeFile(join(cgroup, 'cgroup.procs'), '');
  return {
    vm,
    vcpus: 2,
    memoryMib: 512,
    kernelPath: await file('vmlinux', elfKernel),
    initramfsPath: await file('initramfs', 'initramfs'),
    rootPath: await file('root', 'root file system'),
    scratchPath: await file(`${vm}.ext4`, 'scratch', 0o600),
    network: {
      kind: 'tap',
      device: `tap${vm.slice(3, 11)}`,
      owner: 900_000 + randomInt(16),
      mac: '06:00:0a:00:00:02',
      address: '10.0.0.2/30',
      gateway: '10.0.0.1',
      nameserver: '10.0.0.1',
      mtu: 1420,
    },
    rates: { diskBytesPerSecond: 100_000_000, diskOpsPerSecond: 5000, netBytesPerSecond: 50_000_000 },
    cgroup,
    guestSocketPath: join(folder, 'links', vm),
    consolePath: join(folder, `${vm}.console`),
  };
}

/** By the host's own account: command lines that name the folder or run one of its programs. */
async function jailedProcesses(folder: string, { firecracker }: StandIn): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines
    .filter((line) => line.includes(`${folder}/`) && !line.includes(`${firecracker}\0--version`))
    .map((line) => line.replaceAll('\0', ' '));
}
