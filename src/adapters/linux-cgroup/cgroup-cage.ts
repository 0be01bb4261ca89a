// A control group (v2) for each VM, in a folder that holds nothing else. Which VMs have one is read from there, so what an
// agent that died has left is found.

import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type VmId, vmId } from '../../domain/ids.ts';
import type { DurationMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { CageError, type VmCage } from '../../ports/vm-cage.ts';
import { type DiskCeiling, limitFiles, type Overhead } from './limit-files.ts';

export interface CgroupCageOptions {
  /** Where control groups are mounted: `/sys/fs/cgroup`. */
  root: string;
  /** Of the VMs' own folder, below the root. No process may be in it, by the kernel's rule. */
  parent: string;
  overhead: Overhead;
  disk?: DiskCeiling;
  clock: Clock;
}

/** The controllers that the limits need; `io` only when there is a ceiling for the disk. */
const controllers = ['cpu', 'memory', 'pids'] as const;

const lookMs = 5;
/** Killed processes leave at once, unless one waits for a disk. */
const emptyTimeoutMs: DurationMs = 10_000;

export function cgroupCage(options: CgroupCageOptions): VmCage {
  const { root, parent, overhead, disk, clock } = options;
  const folder = join(root, parent);
  const pathOf = (vm: VmId): string => join(folder, vm);
  return {
    open: async (vm, limits) => {
      const path = pathOf(vm);
      try {
        await makeFolder(root, parent, disk !== undefined);
        await mkdir(path).catch(unless('EEXIST'));
        for (const [name, text] of limitFiles(limits, overhead, disk))
          await writeFile(join(path, name), text);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new CageError(
          `${vm}: its control group ${path} cannot be made (${why}): run \`bellows doctor\`, which says what is missing`,
          { cause },
        );
      }
      return { cgroup: path };
    },
    close: async (vm) => {
      const path = pathOf(vm);
      const deadline = clock.now() + emptyTimeoutMs;
      while (!(await isRemoved(path))) {
        if (clock.now() > deadline)
          throw new CageError(`${vm}: processes in ${path} do not end, though they were killed`);
        await clock.sleep(lookMs);
      }
    },
    find: async () => {
      const names = await readdir(folder).catch(() => []);
      return names.filter((name) => /^vm-[0-9a-z]+$/.test(name)).map(vmId);
    },
  };
}

/**
 * What of the host's control groups is missing for VMs to be held to their share, in words for people; undefined when all is
 * there. A host with the older version (v1) has none of it.
 */
export async function whyNoCgroups(root: string): Promise<string | undefined> {
  const text = await readFile(join(root, 'cgroup.controllers'), 'utf8').catch(() => undefined);
  if (text === undefined)
    return `${root} is no control group of version 2: start the host with systemd.unified_cgroup_hierarchy=1`;
  const missing = controllers.filter((name) => !text.trim().split(' ').includes(name));
  return missing.length === 0 ? undefined : `${root} has no controller for ${missing.join(' and ')}`;
}

/** Makes the parent, with the controllers switched on from the root down to its children. */
async function makeFolder(root: string, parent: string, withDisk: boolean): Promise<void> {
  const wanted = [...controllers, ...(withDisk ? ['io'] : [])].map((name) => `+${name}`).join(' ');
  let path = root;
  for (const name of parent.split('/')) {
    await writeFile(join(path, 'cgroup.subtree_control'), wanted);
    path = join(path, name);
    await mkdir(path).catch(unless('EEXIST'));
  }
  await writeFile(join(path, 'cgroup.subtree_control'), wanted);
}

/** Kills what is in the group and tries to remove it: the kernel lets it go only when its last process has. */
async function isRemoved(path: string): Promise<boolean> {
  // Kernels before 5.14 have no such file: there the driver's own kill must do.
  await writeFile(join(path, 'cgroup.kill'), '1', { flag: 'r+' }).catch(unless('ENOENT'));
  return rmdir(path).then(
    () => true,
    (error: unknown) => {
      unless('ENOENT', 'EBUSY', 'ENOTEMPTY')(error);
      return error instanceof Error && 'code' in error && error.code === 'ENOENT';
    },
  );
}

/** For an error that is no failure here. */
function unless(...codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'string' && codes.includes(code)) return undefined;
    throw error;
  };
}
