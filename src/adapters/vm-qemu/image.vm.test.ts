// The default image on a real machine: what a job finds in it.

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { converse, type GuestConversation } from '../../../test/support/guest-conversation.ts';
import { testImage } from '../../../test/support/test-image.ts';
import { vmId } from '../../domain/ids.ts';
import type { MachineSpec, RunningVm } from '../../ports/vm-driver.ts';
import { linuxProcessTable } from '../linux/process-table.ts';
import { sparseScratchDisk } from '../linux/scratch-disk.ts';
import { SystemClock } from '../system/clock.ts';
import { qemuDriver } from './driver.ts';
import { qemuGuestLink } from './guest-link.ts';

/** Docker comes a minute after the start where an emulated VM shares two busy processors. */
const patienceMs = 400_000;

describe('the default image', { timeout: patienceMs }, () => {
  const vm = vmId(`vm-${randomBytes(6).toString('hex')}`);
  let folder: string | undefined;
  let driver: ReturnType<typeof qemuDriver> | undefined;
  let machine: MachineSpec;
  let running: RunningVm;
  let guest: GuestConversation;

  beforeAll(async () => {
    const image = await testImage();
    folder = await mkdtemp(join(tmpdir(), 'bellows-image-test-'));
    const scratch = await sparseScratchDisk({ folder: join(folder, 'disks') }).create(vm, 4);
    const processes = linuxProcessTable();
    driver = qemuDriver({
      folder: join(folder, 'vms'),
      platform: { acceleration: 'tcg', board: 'q35' },
      processes,
      clock: new SystemClock(),
    });
    machine = {
      vm,
      vcpus: 2,
      memoryMib: 1024,
      kernelPath: image.kernelPath,
      initramfsPath: image.initramfsPath,
      rootPath: image.rootPath,
      scratchPath: scratch.path,
      network: { kind: 'user', restricted: true, forwards: [] },
      guestSocketPath: join(folder, 'link'),
      consolePath: join(folder, 'console'),
    };
    running = await driver.start(machine);
    guest = await converse(qemuGuestLink(), machine);
  }, 900_000);

  afterAll(async () => {
    guest?.close();
    await driver?.stop(vm);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it('says hello with what it was given', async () => {
    const { message } = await guest.first('hello');
    expect(message).toMatchObject({ cpus: 2, protocol: 1 });
    expect(message.memoryMib).toBeGreaterThan(900);
    expect(message.bootId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tells every phase of its boot', async () => {
    for (const phase of ['kernel', 'init', 'network', 'agent', 'docker'] as const) {
      const { message } = await guest.first('phase', (told) => told.phase === phase);
      expect(message.uptimeMs, phase).toBeGreaterThan(0);
    }
    expect(await readFile(machine.consolePath, 'utf8')).not.toMatch(/panic|fail|not found/i);
  });

  it('ends with a shut down that is asked for', async () => {
    guest.say({ type: 'shutdown', graceMs: 1000 });
    expect(await running.ended).toMatchObject({ how: 'exited' });
  });
});
