// What goes wrong with a VMM, one fault after the other, and what the driver says and leaves.

import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  elfKernel,
  type StandInHarness,
  standInHarness,
  whyNoJails,
} from '../../../test/support/firecracker/harness.ts';
import type { Faults } from '../../../test/support/firecracker/settings.ts';
import { LineStream } from '../../../test/support/line-stream.ts';
import { vmId } from '../../domain/ids.ts';
import { type MachineSpec, type RunningVm, VmStartError } from '../../ports/vm-driver.ts';
import { linuxProcessTable } from '../linux/process-table.ts';

let harness: StandInHarness;
beforeAll(async () => {
  harness = await standInHarness('1.16');
});
beforeEach((context) => {
  if (whyNoJails !== undefined) context.skip(whyNoJails);
});
afterEach(() => harness.standIn.setFaults({}));
afterAll(() => harness?.close());

/** Starts it under the fault, and gives why it did not come up: of the right kind, and with nothing left. */
async function refusal(faults: Faults, changes: Partial<MachineSpec> = {}, from = harness): Promise<string> {
  from.standIn.setFaults(faults);
  const machine = await from.machine(changes);
  const error: unknown = await from.driver.start(machine).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(VmStartError);
  expect(await from.driver.find()).toEqual([]);
  expect(await from.leftovers()).toEqual([]);
  return error instanceof Error ? error.message : '';
}

describe('a VM does not start, and says why, when', () => {
  it('its boot fails, which leaves the process', async () => {
    expect(await refusal({ bootFails: 'Cannot create the guest memory.' })).toMatch(
      /^Firecracker did not start vm-\w+: PUT \/actions: Cannot create the guest memory\./,
    );
  });

  it('Firecracker refuses one call', async () => {
    expect(
      await refusal({ refuses: { call: 'PUT /drives/{drive_id}', fault: 'no such disk today' } }),
    ).toContain('PUT /drives/root: no such disk today');
  });

  it('its tap device is missing', async () => {
    expect(await refusal({ tapMissing: true })).toMatch(
      /PUT \/network-interfaces\/eth0: .*Operation not permitted.* tap/,
    );
  });

  it('Firecracker ends while it is told of the machine', async () => {
    const diesAt = (how: number | NodeJS.Signals) => refusal({ diesAt: { call: 'PUT /vsock', how } });
    expect(await diesAt(148)).toContain('seccomp filter forbids (exit code 148)');
    expect(await diesAt('SIGKILL')).toContain('by an order or by the host');
  });

  it('its kernel is of a kind that this release cannot load', async () => {
    const bzImage = Buffer.alloc(1024);
    bzImage.write('HdrS', 0x202, 'latin1');
    const kernelPath = join(harness.folder, 'bzImage');
    await writeFile(kernelPath, bzImage);
    expect(await refusal({}, { kernelPath })).toMatch(
      /must be an ELF vmlinux for Firecracker 1\.16\.1, and it is a bzImage: unpack it .*1\.17 or newer/,
    );
    await writeFile(kernelPath, 'not a kernel');
    expect(await refusal({}, { kernelPath })).toContain('no kernel that we know');
  });

  it('the jailer overlooks its control group', async () => {
    expect(await refusal({ cgroupOverlooked: true })).toContain('not in its control group');
  });

  it('its control group is not where control groups are', async () => {
    expect(await refusal({}, { cgroup: '/elsewhere/vm' })).toContain('is not below');
  });

  it('the release is too old, by its own word', async () => {
    expect(await refusal({ apiVersion: '1.9.1' })).toContain(
      'Firecracker 1.9 is too old: Bellows needs 1.10 or newer',
    );
    expect(await refusal({ apiVersion: 'unknown' })).toContain('says no version');
  });

  it('it is to be more than Firecracker can make', async () => {
    expect(await refusal({}, { vcpus: 33 })).toContain('at most 32');
    expect(await refusal({}, { network: { kind: 'user', restricted: true, forwards: [] } })).toContain(
      'user-mode network',
    );
    const { network } = await harness.machine();
    if (network.kind !== 'tap') throw new Error('bug: the harness makes taps');
    expect(await refusal({}, { network: { ...network, device: 'a-name-of-17-bytes' } })).toContain(
      'more than 15 bytes',
    );
  });

  it('its scratch disk lies on another file system', async (context) => {
    const scratchPath = `/dev/shm/bellows-fc-test-${process.pid}`;
    await writeFile(scratchPath, '');
    try {
      const [here, there] = await Promise.all([stat(harness.folder), stat(scratchPath)]);
      if (here.dev === there.dev) context.skip('this machine has only one file system');
      expect(await refusal({}, { scratchPath })).toContain('must lie on the same file system');
    } finally {
      await rm(scratchPath, { force: true });
    }
  });
});

describe('a VM is given up when Firecracker', { timeout: 120_000 }, () => {
  it('never listens', async () => {
    const hasty = await standInHarness('1.16', { patience: { listenMs: 300, answerMs: 20_000 } });
    expect(await refusal({ neverListens: true }, {}, hasty)).toContain(
      'did not listen at its API socket in 0.3 s',
    );
    await hasty.close();
  });

  it('does not answer', async () => {
    const hasty = await standInHarness('1.16', { patience: { listenMs: 20_000, answerMs: 300 } });
    expect(await refusal({ hangsAt: 'PUT /balloon' }, {}, hasty)).toContain(
      'no answer to PUT /balloon in 0.3 s',
    );
    await hasty.close();
  });

  it('is half way, by an abort and by a stop', async () => {
    for (const how of ['abort', 'stop'] as const) {
      harness.standIn.setFaults({ hangsAt: 'PUT /serial' });
      const machine = await harness.machine();
      const abort = new AbortController();
      const start = harness.driver.start(machine, abort.signal);
      const refused = expect(start).rejects.toThrow(
        how === 'abort' ? 'too late' : 'stopped before it was up',
      );
      await expect
        .poll(async () => (await harness.processes()).join(), { timeout: 20_000 })
        .toContain('--api-sock');
      if (how === 'abort') abort.abort(new Error('it is too late'));
      else await harness.driver.stop(machine.vm);
      await refused;
      expect(await harness.leftovers()).toEqual([]);
    }
  });

  it('cannot be run at all', async () => {
    const missing = { firecracker: '/nonexistent/firecracker', jailer: '/nonexistent/jailer' };
    const without = await standInHarness('1.16', { programs: missing });
    expect(await refusal({}, {}, without)).toBe(
      'cannot run Firecracker at /nonexistent/firecracker: install it there, or say where it is',
    );
    await without.close();
    const half = await standInHarness('1.16', {
      programs: { ...missing, firecracker: harness.standIn.firecracker },
    });
    expect(await refusal({}, {}, half)).toContain('/nonexistent/jailer');
    await half.close();
  });
});

describe('a VM that runs', { timeout: 120_000 }, () => {
  let machine: MachineSpec;
  let running: RunningVm;
  afterEach(async () => {
    await harness.driver.stop(machine.vm);
    expect(await harness.leftovers()).toEqual([]);
  });
  const begin = async (changes: Partial<MachineSpec> = {}) => {
    machine = await harness.machine(changes);
    running = await harness.driver.start(machine);
  };

  it('has nothing of the agent in its environment, and no secret in its arguments', async () => {
    await begin();
    expect(await readFile(`/proc/${running.pid}/environ`, 'utf8')).toBe('');
    const words = (await readFile(`/proc/${running.pid}/cmdline`, 'utf8')).split('\0').slice(2, -1);
    expect(words.filter((word) => word.startsWith('--'))).toEqual([
      ...['--id', '--start-time-us', '--start-time-cpu-us', '--api-sock', '--log-path', '--level'],
      ...['--show-level', '--enable-pci'],
    ]);
  });

  it("owns its scratch disk and nothing that other VMs use; what is not everybody's to read is copied", async () => {
    const rootPath = join(harness.folder, 'private-root');
    await writeFile(rootPath, 'private', { mode: 0o600 });
    await begin({ rootPath });
    const own = await stat(machine.scratchPath);
    expect(own.uid).toBeGreaterThanOrEqual(900_000);
    const kernel = await stat(machine.kernelPath);
    expect([kernel.uid, kernel.nlink]).toEqual([0, 2]);
    const root = await stat(rootPath);
    expect([root.uid, root.nlink, root.mode & 0o777]).toEqual([0, 1, 0o600]);
    const place = join(harness.folder, 'vms', machine.vm);
    const names = await readdir(place, { recursive: true });
    const copy = await stat(join(place, names.find((name) => name.endsWith('/root.img')) ?? ''));
    expect([copy.uid, copy.mode & 0o777]).toEqual([0, 0o444]);
  });

  it('is in its control group, and its end by the host is told as that', async () => {
    await begin();
    const cgroup = machine.cgroup ?? '';
    expect(await readFile(join(cgroup, 'cgroup.procs'), 'utf8')).toBe(`${running.pid}\n`);
    await writeFile(join(cgroup, 'memory.events'), 'low 0\noom 1\noom_kill 1\n');
    process.kill(running.pid ?? 0, 'SIGKILL');
    expect(await running.ended).toEqual({
      how: 'killed',
      detail: 'the host ended it, since it took more memory than it may (SIGKILL)',
    });
  });

  it('loses its files only when nothing lives in its control group any more', async () => {
    await begin();
    const cgroup = machine.cgroup ?? '';
    const jails = join(harness.folder, 'vms', machine.vm);
    // Played by files: somebody who came out of the jail and does not carry its id.
    await writeFile(join(cgroup, 'cgroup.kill'), '');
    await writeFile(join(cgroup, 'cgroup.events'), 'populated 1\nfrozen 0\n');
    const stopped = harness.driver.stop(machine.vm);
    await expect.poll(() => readFile(join(cgroup, 'cgroup.kill'), 'utf8'), { timeout: 20_000 }).toBe('1');
    expect(await harness.processes()).toEqual([]);
    expect((await stat(jails)).isDirectory()).toBe(true);
    await writeFile(join(cgroup, 'cgroup.events'), 'populated 0\nfrozen 0\n');
    await stopped;
    expect(await harness.leftovers()).toEqual([]);
  });

  it('cannot fill the disk with its console', async () => {
    await begin();
    const lines = new LineStream(await harness.link.connect(machine.vm, machine.guestSocketPath));
    lines.say(`flood ${'water '.repeat(40)}`);
    expect(await lines.ask('echo done', 60_000)).toBe('done');
    lines.close();
    await harness.driver.stop(machine.vm);
    await running.ended;
    expect((await harness.console(machine)).length).toBeLessThanOrEqual(1024 * 1024);
    expect(await harness.console(machine)).toContain('water');
  });

  it('is told from a guest that does not listen yet', async () => {
    harness.standIn.setFaults({ guestListensAfterMs: 300 });
    await begin();
    await expect(harness.link.connect(machine.vm, machine.guestSocketPath)).rejects.toThrow('is not there');
    await expect
      .poll(
        () =>
          harness.link.connect(machine.vm, machine.guestSocketPath).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
  });

  it('ends by its guest while no agent looks: the next agent finds only its place', async () => {
    await begin();
    const lines = new LineStream(await harness.link.connect(machine.vm, machine.guestSocketPath));
    const next = await harness.restartAgent();
    lines.say('power-off');
    await expect.poll(harness.processes, { timeout: 10_000 }).toEqual([]);
    expect(await next.adopt(machine.vm)).toBeUndefined();
    expect(await next.find()).toEqual([machine.vm]);
  });

  it('ends under an agent that adopted it, which reads how from its last words', async () => {
    for (const [verb, how] of [
      ['power-off', 'exited'],
      ['SIGKILL', 'killed'],
    ] as const) {
      await begin();
      const adopted = await (await harness.restartAgent()).adopt(machine.vm);
      if (verb === 'SIGKILL') process.kill(running.pid ?? 0, verb);
      else new LineStream(await harness.link.connect(machine.vm, machine.guestSocketPath)).say(verb);
      expect((await adopted?.ended)?.how).toBe(how);
      await harness.driver.stop(machine.vm);
    }
  });
});

describe('what a crashed agent left', { timeout: 120_000 }, () => {
  it('is found and cleared at every stage of a start', async () => {
    for (const call of ['GET /version', 'PUT /machine-config', 'PUT /vsock', 'PUT /actions']) {
      harness.standIn.setFaults({ hangsAt: call });
      const machine = await harness.machine();
      const lost = harness.driver.start(machine).catch(() => undefined);
      await expect
        .poll(async () => (await harness.processes()).join(), { timeout: 20_000 })
        .toContain('--api-sock');
      const next = await harness.restartAgent();
      expect(await next.find()).toEqual([machine.vm]);
      await next.stop(machine.vm);
      expect(await harness.leftovers()).toEqual([]);
      await lost;
    }
  });

  it('as a jailer that is still at work does not come up after a stop', async () => {
    harness.standIn.setFaults({ jailerSleepsMs: 60_000 });
    const machine = await harness.machine();
    const lost = harness.driver.start(machine).catch(() => undefined);
    await expect
      .poll(async () => (await harness.processes()).join(), { timeout: 20_000 })
      .toContain('--exec-file');
    const next = await harness.restartAgent();
    expect(await next.adopt(machine.vm)).toBeUndefined();
    await next.stop(machine.vm);
    expect(await harness.leftovers()).toEqual([]);
    await lost;
  });

  it('as a VM that was never started is not adopted, and is begun anew', async () => {
    harness.standIn.setFaults({ hangsAt: 'PUT /boot-source' });
    const machine = await harness.machine();
    const lost = harness.driver.start(machine).catch(() => undefined);
    const halfMade = async () =>
      (await linuxProcessTable().flagged('--api-sock')).filter(({ command }) =>
        command.some((word) => word.includes(machine.vm)),
      );
    await expect.poll(async () => (await halfMade()).length, { timeout: 20_000 }).toBe(1);
    const next = await harness.restartAgent();
    harness.standIn.setFaults({});
    const running = await next.start(machine);
    expect(await harness.processes()).toHaveLength(1);
    await lost;
    expect((await next.adopt(machine.vm))?.pid).toBe(running.pid);
    await next.stop(machine.vm);
    expect(await harness.leftovers()).toEqual([]);
  });

  it('as files and stale sockets is in nobody’s way', async () => {
    const machine = await harness.machine();
    const place = join(harness.folder, 'vms', machine.vm);
    const oldJail = join(place, 'firecracker', 'an-older-id', 'root');
    await mkdir(join(oldJail, 'dev'), { recursive: true });
    for (const name of ['api.sock', 'vsock.sock', 'firecracker.pid', 'dev/kvm'])
      await writeFile(join(oldJail, name), '');
    await writeFile(join(place, 'place.json'), '{"guestSock');
    await symlink('/nonexistent', machine.guestSocketPath);
    expect(await harness.driver.find()).toEqual([machine.vm]);
    expect(await harness.driver.adopt(machine.vm)).toBeUndefined();
    await harness.driver.start(machine);
    await harness.driver.stop(machine.vm);
    expect(await harness.leftovers()).toEqual([]);
    expect(await readFile(machine.kernelPath)).toEqual(elfKernel);
  });

  it('does not lead the clearing outside', async () => {
    const vm = vmId('vm-trapped');
    const outside = join(harness.folder, 'outside');
    await mkdir(outside, { recursive: true });
    await writeFile(join(outside, 'precious'), '');
    const jail = join(harness.folder, 'vms', vm, 'firecracker', 'id', 'root');
    await mkdir(jail, { recursive: true });
    await symlink(outside, join(jail, 'way-out'));
    await harness.driver.stop(vm);
    expect((await stat(join(outside, 'precious'))).isFile()).toBe(true);
    await expect(stat(dirname(jail))).rejects.toThrow('ENOENT');
  });
});
