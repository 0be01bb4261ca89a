// The same cases with the real Firecracker, where there is one: BELLOWS_FIRECRACKER names a folder with `firecracker` and
// `jailer`, of a release that reads the image's kernel (an ELF file: all of them do).

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { it } from 'vitest';
import { type VmDriverHarness, vmDriverContract } from '../../../test/contract/vm-driver.ts';
import { writeVsockGuest } from '../../../test/support/firecracker/vsock-guest.ts';
import { testImage } from '../../../test/support/test-image.ts';
import { vmId } from '../../domain/ids.ts';
import { linuxProcessTable } from '../linux/process-table.ts';
import { sparseScratchDisk } from '../linux/scratch-disk.ts';
import { SystemClock } from '../system/clock.ts';
import { BoundedLog } from '../vm-qemu/bounded-log.ts';
import { firecrackerDriver } from './driver.ts';
import { firecrackerGuestLink } from './guest-link.ts';

const execute = promisify(execFile);
const programs = process.env.BELLOWS_FIRECRACKER;

async function realHarness(programsFolder: string): Promise<VmDriverHarness> {
  const image = await testImage();
  const folder = await mkdtemp(join(tmpdir(), 'bellows-firecracker-'));
  const vms = join(folder, 'vms');
  const links = join(folder, 'links');
  await mkdir(links);
  const initramfsPath = await writeVsockGuest(image, join(folder, 'talking-guest'));
  const disks = sparseScratchDisk({ folder: join(folder, 'disks') });
  const taps: string[] = [];
  const newDriver = () =>
    firecrackerDriver({
      folder: vms,
      programs: { firecracker: join(programsFolder, 'firecracker'), jailer: join(programsFolder, 'jailer') },
      users: { first: 900_000, count: 16 },
      processes: linuxProcessTable(),
      clock: new SystemClock(),
      openLog: (path) => new BoundedLog(path),
    });
  let driver = newDriver();
  return {
    get driver() {
      return driver;
    },
    link: firecrackerGuestLink(new SystemClock()),
    machine: async () => {
      const vm = vmId(`vm-${randomBytes(6).toString('hex')}`);
      const device = `bt${vm.slice(3)}`;
      await execute('ip', ['tuntap', 'add', 'dev', device, 'mode', 'tap', 'vnet_hdr']);
      taps.push(device);
      return {
        vm,
        vcpus: 2,
        memoryMib: 512,
        kernelPath: image.kernelPath,
        initramfsPath,
        rootPath: image.rootPath,
        scratchPath: (await disks.create(vm, 1)).path,
        network: {
          kind: 'tap',
          device,
          owner: 900_000,
          mac: '06:00:0a:00:00:02',
          address: '10.255.255.2/32',
          gateway: '10.255.255.1',
          nameserver: '10.255.255.1',
          mtu: 1500,
        },
        guestSocketPath: join(links, vm),
        consolePath: join(folder, `${vm}.console`),
      };
    },
    restartAgent: async () => {
      driver.release();
      driver = newDriver();
      return driver;
    },
    leftovers: async () => [
      ...(await linuxProcessTable().flagged('--api-sock')).map(({ command }) => command.join(' ')),
      ...(await readdir(vms).catch(() => [])),
      ...(await readdir(links)),
    ],
    console: (machine) => readFile(machine.consolePath, 'utf8'),
    close: async () => {
      await Promise.all((await driver.find()).map((vm) => driver.stop(vm)));
      await Promise.all(taps.map((device) => execute('ip', ['link', 'delete', 'dev', device])));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const name = 'Firecracker';
const reason = whyNot();
if (programs !== undefined && reason === undefined) vmDriverContract(name, () => realHarness(programs));
else it(`${name} as a VM driver`, (context) => context.skip(reason));

/** Whoever sets the variable wants it tried: what is missing beyond these is a failure. */
function whyNot(): string | undefined {
  if (programs === undefined) return 'BELLOWS_FIRECRACKER does not name a folder with firecracker and jailer';
  if (process.getuid?.() !== 0) return 'jails need root';
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return '/dev/kvm is missing: this machine has no KVM';
  }
}
