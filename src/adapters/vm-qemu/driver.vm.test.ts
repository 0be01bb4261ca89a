import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type VmDriverHarness, vmDriverContract } from '../../../test/contract/vm-driver.ts';
import { LineStream } from '../../../test/support/line-stream.ts';
import { writeTalkingGuest } from '../../../test/support/talking-guest.ts';
import { testImage } from '../../../test/support/test-image.ts';
import { type VmId, vmId } from '../../domain/ids.ts';
import type { MachineSpec } from '../../ports/vm-driver.ts';
import { linuxProcessTable } from '../linux/process-table.ts';
import { sparseScratchDisk } from '../linux/scratch-disk.ts';
import { SystemClock } from '../system/clock.ts';
import { consoleLimitBytes } from './bounded-log.ts';
import { qemuDriver } from './driver.ts';
import { qemuGuestLink } from './guest-link.ts';

async function qemuHarness(): Promise<VmDriverHarness> {
  const image = await testImage();
  const folder = await mkdtemp(join(tmpdir(), 'bellows-vm-test-'));
  await mkdir(join(folder, 'links'));
  const initramfsPath = await writeTalkingGuest(image, join(folder, 'talking-guest'));
  const disks = sparseScratchDisk({ folder: join(folder, 'disks') });
  const newDriver = () =>
    qemuDriver({
      folder: join(folder, 'vms'),
      platform: { acceleration: 'tcg', board: 'q35' },
      processes: linuxProcessTable(),
      clock: new SystemClock(),
    });
  let driver = newDriver();
  return {
    get driver() {
      return driver;
    },
    link: qemuGuestLink(),
    machine: async () => {
      const vm = vmId(`vm-${randomBytes(6).toString('hex')}`);
      const { path: scratchPath } = await disks.create(vm, 1);
      return {
        vm,
        vcpus: 1,
        memoryMib: 256,
        kernelPath: image.kernelPath,
        initramfsPath,
        rootPath: image.rootPath,
        scratchPath,
        network: { kind: 'user', restricted: true, forwards: [] },
        guestSocketPath: join(folder, 'links', vm),
        consolePath: join(folder, `${vm}.console`),
      };
    },
    restartAgent: async () => {
      driver.release();
      driver = newDriver();
      return driver;
    },
    leftovers: async () => [
      ...(await processesNaming(folder)),
      ...(await readdir(join(folder, 'vms')).catch(() => [])),
      ...(await readdir(join(folder, 'links'))),
    ],
    console: (machine) => readFile(machine.consolePath, 'utf8'),
    close: async () => {
      await Promise.all((await driver.find()).map((vm) => driver.stop(vm)));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Command lines of processes that speak of this folder, other than our own. */
async function processesNaming(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(folder));
}

vmDriverContract('QEMU', qemuHarness);

describe('QEMU under a hostile guest and a careless user', { timeout: 120_000 }, () => {
  let harness: VmDriverHarness;
  let machine: MachineSpec;
  beforeAll(async () => {
    harness = await qemuHarness();
    machine = await harness.machine();
  }, 900_000);
  afterAll(() => harness?.close());

  it('keeps a flooded console small, and its newest lines', async () => {
    const { vm } = machine;
    await harness.driver.start(machine);
    const lines = new LineStream(await harness.link.connect(vm, machine.guestSocketPath));
    await lines.ask('echo ready', 60_000);
    lines.say(`flood ${'water '.repeat(40)}`);
    await expect
      .poll(() => harness.console(machine), { timeout: 60_000 })
      .toContain('earlier output was left out');
    const text = await harness.console(machine);
    expect(text.length).toBeLessThanOrEqual(consoleLimitBytes);
    expect(text).toContain('water water');
  });

  it("hands nothing of the agent's environment to the VMM", async () => {
    const seen = (await linuxProcessTable().marked('BELLOWS_VM')).filter(({ value }) =>
      value.endsWith(machine.vm),
    );
    expect(seen).toHaveLength(1);
    const environment = await readFile(`/proc/${seen[0]?.pid}/environ`, 'utf8');
    const names = environment.split('\0').map((entry) => entry.split('=')[0]);
    expect(names.filter((name) => name !== '').sort()).toEqual(['BELLOWS_VM', 'PATH']);
  });

  it('lets the guest reach the listed forward, and nothing else of the host', async () => {
    const server = createServer((request, response) => response.end(`you asked for ${request.url}\n`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port: hostPort } = server.address() as AddressInfo;
    const forward = { guestAddress: '10.0.2.100', guestPort: 80, hostAddress: '127.0.0.1', hostPort };
    const walled: MachineSpec = {
      ...(await harness.machine()),
      network: { kind: 'user', restricted: true, forwards: [forward] },
    };
    await harness.driver.start(walled);
    const lines = new LineStream(await harness.link.connect(walled.vm, walled.guestSocketPath));
    expect(await lines.ask('fetch 10.0.2.100 80 /one', 60_000)).toBe('you asked for /one');
    expect(await lines.ask('fetch 10.0.2.100 80 /two', 60_000)).toBe('you asked for /two');
    // The user-mode network's name for the host's loopback.
    expect(await lines.ask(`fetch 10.0.2.2 ${hostPort} /three`, 60_000)).toBe('no answer');
    lines.close();
    await harness.driver.stop(walled.vm);
    await new Promise((resolve) => server.close(resolve));
  });

  it('clears what a crash between two steps left of a VM', async () => {
    await harness.driver.stop(machine.vm);
    const vm: VmId = vmId('vm-halfmade0000');
    const half = join(machine.guestSocketPath, '../../vms', vm);
    await mkdir(half, { recursive: true });
    await writeFile(join(half, 'paths.json'), '{"guestSock');
    expect(await harness.driver.find()).toEqual([vm]);
    expect(await harness.driver.adopt(vm)).toBeUndefined();
    await harness.driver.stop(vm);
    expect(await harness.leftovers()).toEqual([]);
  });

  it("repeats QEMU's own word when it refuses a machine", async () => {
    const kernelPath = join(machine.guestSocketPath, '../../no-kernel');
    await writeFile(kernelPath, 'this is no kernel');
    await expect(harness.driver.start({ ...machine, kernelPath })).rejects.toThrow(/did not start .*kernel/i);
    expect(await harness.leftovers()).toEqual([]);
  });
});
