// The driver with a script in QEMU's place: all that it promises of processes, and what happens when starts and stops race.

import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type VmDriverHarness, vmDriverContract } from '../../../test/contract/vm-driver.ts';
import { type FakeKernel, writeFakeQemu } from '../../../test/support/fake-qemu.ts';
import { vmId } from '../../domain/ids.ts';
import type { MachineSpec } from '../../ports/vm-driver.ts';
import { linuxProcessTable } from '../linux/process-table.ts';
import { SystemClock } from '../system/clock.ts';
import { qemuDriver } from './driver.ts';
import { qemuGuestLink } from './guest-link.ts';
import { vmProcesses } from './vm-processes.ts';

interface ScriptedHarness extends VmDriverHarness {
  machine(kernel?: FakeKernel): Promise<MachineSpec>;
}

async function scriptedHarness(): Promise<ScriptedHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-driver-test-'));
  const program = join(folder, 'qemu');
  const vms = join(folder, 'vms');
  const processes = linuxProcessTable();
  await mkdir(join(folder, 'links'));
  await writeFakeQemu(program);
  const file = async (name: string, content = ''): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  const newDriver = () =>
    qemuDriver({
      folder: vms,
      platform: { acceleration: 'tcg', board: 'q35' },
      processes,
      clock: new SystemClock(),
      program,
    });
  let driver = newDriver();
  return {
    get driver() {
      return driver;
    },
    link: qemuGuestLink(),
    machine: async (kernel: FakeKernel = { upAfterMs: 0 }) => {
      const vm = vmId(`vm-${randomBytes(6).toString('hex')}`);
      return {
        vm,
        vcpus: 1,
        memoryMib: 64,
        kernelPath: await file(`${vm}.kernel`, JSON.stringify(kernel)),
        initramfsPath: await file('initramfs'),
        rootPath: await file('root'),
        scratchPath: await file('scratch'),
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
      ...(await vmProcesses(vms, processes)).map(({ vm }) => `process of ${vm}`),
      ...(await readdir(vms).catch(() => [])),
      ...(await readdir(join(folder, 'links'))),
    ],
    console: (machine) => readFile(machine.consolePath, 'utf8'),
    close: async () => {
      await Promise.all((await driver.find()).map((vm) => driver.stop(vm)));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

vmDriverContract('QEMU, played by a script,', scriptedHarness);

describe('a QEMU that comes up slowly or never', () => {
  let harness: ScriptedHarness;
  beforeAll(async () => {
    harness = await scriptedHarness();
  });
  afterAll(() => harness?.close());

  it('is ended by an abort, and by a stop, when it is half up', async () => {
    for (const end of ['abort', 'stop'] as const) {
      const machine = await harness.machine({ upAfterMs: null });
      const abort = new AbortController();
      const start = harness.driver.start(machine, abort.signal);
      const refused = expect(start).rejects.toThrow(
        end === 'abort' ? 'too late' : 'stopped before it was up',
      );
      await expect.poll(harness.leftovers).toContain(`process of ${machine.vm}`);
      if (end === 'abort') abort.abort(new Error('it is too late'));
      else await harness.driver.stop(machine.vm);
      await refused;
      expect(await harness.leftovers()).toEqual([]);
    }
  });

  it('is begun anew by a start after its abort, which waits until it is gone', async () => {
    const machine = await harness.machine({ upAfterMs: null });
    const abort = new AbortController();
    const first = harness.driver.start(machine, abort.signal);
    const refused = expect(first).rejects.toThrow('too late');
    await expect.poll(harness.leftovers).toContain(`process of ${machine.vm}`);
    await writeFile(machine.kernelPath, JSON.stringify({ upAfterMs: 0 }));
    abort.abort(new Error('it is too late'));
    const second = await harness.driver.start(machine);
    await refused;
    expect(await harness.leftovers()).toContain(`process of ${machine.vm}`);
    await harness.driver.stop(machine.vm);
    expect((await second.ended).how).toBe('killed');
    expect(await harness.leftovers()).toEqual([]);
  });

  it('leaves nothing, in whatever order starts, aborts and stops come', async () => {
    const deed = fc.record({
      what: fc.constantFrom('start', 'start', 'stop', 'abort', 'restart'),
      afterMs: fc.integer({ min: 0, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(deed, { minLength: 2, maxLength: 6 }),
        fc.constantFrom(0, 30, 80),
        async (deeds, upAfterMs) => {
          const machine = await harness.machine({ upAfterMs });
          const under: { abort: AbortController; start: Promise<unknown> }[] = [];
          for (const { what, afterMs } of deeds) {
            if (what === 'start') {
              const abort = new AbortController();
              const start = harness.driver.start(machine, abort.signal);
              under.push({ abort, start: start.catch(() => undefined) });
            }
            if (what === 'stop') {
              const before = [...under];
              await harness.driver.stop(machine.vm);
              expect(await harness.leftovers()).toEqual([]);
              await Promise.all(before.map(({ start }) => start));
              expect(await harness.leftovers()).toEqual([]);
            }
            if (what === 'abort') under.at(-1)?.abort.abort(new Error('enough'));
            if (what === 'restart') {
              await Promise.all(under.map(({ start }) => start));
              await harness.restartAgent();
            }
            await new Promise((resolve) => setTimeout(resolve, afterMs));
            const processes = (await harness.leftovers()).filter((left) => left.startsWith('process'));
            expect(processes.length).toBeLessThanOrEqual(1);
          }
          await harness.driver.stop(machine.vm);
          await Promise.all(under.map(({ start }) => start));
          expect(await harness.leftovers()).toEqual([]);
        },
      ),
      { numRuns: 8 },
    );
  });
});
