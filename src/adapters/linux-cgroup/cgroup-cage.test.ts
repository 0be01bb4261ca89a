// Limits are looked at in a folder that stands for the kernel's; killing and removing need the kernel itself, which takes any
// writable mount of version 2, with controllers or without.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vmId } from '../../domain/ids.ts';
import { CageError } from '../../ports/vm-cage.ts';
import { SystemClock } from '../system/clock.ts';
import { cgroupCage, whyNoCgroups } from './cgroup-cage.ts';
import { qemuOverhead } from './limit-files.ts';

const vm = vmId('vm-0000000000c1');
const limits = { milliCpus: 500, vcpus: 1, burstable: false, memoryMib: 512 };
const cageIn = (root: string, parent = 'bellows.slice/vms') =>
  cgroupCage({ root, parent, overhead: qemuOverhead, clock: new SystemClock() });

describe("a VM's control group", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bellows-cgroup-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is made with its limits, below parents that hand the controllers on', async () => {
    const cage = cageIn(root);
    const made = await cage.open(vm, limits);
    expect(made?.cgroup).toBe(join(root, 'bellows.slice/vms', vm));
    expect(readFileSync(join(root, 'bellows.slice/vms', vm, 'cpu.max'), 'utf8')).toBe('50000 100000');
    for (const folder of ['.', 'bellows.slice', 'bellows.slice/vms'])
      expect(readFileSync(join(root, folder, 'cgroup.subtree_control'), 'utf8')).toBe('+cpu +memory +pids');
    expect(await cage.find()).toEqual([vm]);
  });

  it('is made once, and its limits are set anew each time', async () => {
    const cage = cageIn(root);
    await cage.open(vm, limits);
    const again = await cage.open(vm, { ...limits, milliCpus: 1000 });
    expect(readFileSync(join(again?.cgroup ?? '', 'cpu.max'), 'utf8')).toBe('100000 100000');
  });

  it('that cannot be made says what to do', async () => {
    await writeFile(join(root, 'bellows.slice'), 'in the way');
    const refusal = await cageIn(root)
      .open(vm, limits)
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CageError);
    expect(String(refusal)).toContain('bellows doctor');
  });

  it('that is not there is closed without a word, and none is found where none was made', async () => {
    await cageIn(root).close(vm);
    expect(await cageIn(root).find()).toEqual([]);
  });

  it('needs a host whose control groups are of version 2 and have what limits need', async () => {
    expect(await whyNoCgroups(root)).toContain('version 2');
    await writeFile(join(root, 'cgroup.controllers'), 'cpuset cpu io\n');
    expect(await whyNoCgroups(root)).toContain('memory and pids');
    await writeFile(join(root, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
    expect(await whyNoCgroups(root)).toBeUndefined();
  });
});

/** Where this machine has control groups of version 2 that we may write. */
const kernelRoot = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) => {
  try {
    if (!existsSync(join(path, 'cgroup.controllers'))) return false;
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
});

describe.skipIf(kernelRoot === undefined)("a control group of the kernel's", () => {
  const parent = `bellows-test-${process.pid}`;
  const folder = join(kernelRoot ?? '', parent);
  let child: ChildProcess;
  beforeEach(() => {
    mkdirSync(join(folder, vm), { recursive: true });
    child = spawn('sh', [
      '-c',
      'echo 0 > "$1/cgroup.procs" && sleep 600 & sleep 600',
      'sh',
      join(folder, vm),
    ]);
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    await cageIn(kernelRoot ?? '', parent).close(vm);
    // The kernel's files in it are not ours to remove.
    rmdirSync(folder);
  });

  it('is gone when its close resolves, with every process that was in it', async () => {
    await writeFile(join(folder, vm, 'cgroup.procs'), String(child.pid));
    const exit = once(child, 'exit');
    const cage = cageIn(kernelRoot ?? '', parent);
    expect(await cage.find()).toEqual([vm]);
    await cage.close(vm);
    expect(await readdir(folder)).not.toContain(vm);
    const [, signal] = await exit;
    expect(signal).toBe('SIGKILL');
    expect(await cage.find()).toEqual([]);
  });
});
