// Scratch disks as sparse ext4 files. Making the file system takes 30 ms, cloning an empty one a few; so there is one
// template for each size, cloned with its holes (or by reflink, where the host's file system can).

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type VmId, vmId } from '../../domain/ids.ts';
import { DiskFullError, type ScratchDisk } from '../../ports/scratch-disk.ts';

const execute = promisify(execFile);

export interface ScratchDiskOptions {
  folder: string;
  /** A new disk is refused when less than this would be left on the host's file system. */
  reserveBytes?: number;
}

/** Enough that a job can begin, and that the host's own services can go on. */
const defaultReserveBytes = 1024 ** 3;

export function sparseScratchDisk({
  folder,
  reserveBytes = defaultReserveBytes,
}: ScratchDiskOptions): ScratchDisk {
  const making = new Map<number, Promise<string>>();
  const pathOf = (vm: VmId) => join(folder, `${vm}.ext4`);
  const templateFor = (sizeGib: number): Promise<string> => {
    const promised = making.get(sizeGib) ?? makeTemplate(folder, sizeGib);
    making.set(sizeGib, promised);
    // Forgotten when made, so that a template which somebody removed is made again.
    return promised.finally(() => making.delete(sizeGib));
  };
  const freeBytes = async (): Promise<number> => {
    await mkdir(folder, { recursive: true });
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  };
  const find = async (): Promise<readonly VmId[]> => {
    const names = await readdir(folder).catch(() => []);
    const vms = names.flatMap((name) => /^(vm-[0-9a-z]+)\.ext4(\.coming.*)?$/.exec(name)?.[1] ?? []);
    return [...new Set(vms)].map(vmId);
  };
  return {
    freeBytes,
    heldBytes: async () => {
      const held = await Promise.all((await find()).map((vm) => allocatedBytes(pathOf(vm))));
      return held.reduce((sum, bytes) => sum + bytes, 0);
    },
    create: async (vm, sizeGib) => {
      const path = pathOf(vm);
      const free = await freeBytes();
      if (await isThere(path)) return { path };
      if (free < reserveBytes)
        throw new DiskFullError(
          `${folder} has ${mib(free)} MiB left, a new VM needs ${mib(reserveBytes)} MiB: free some space there`,
        );
      const coming = comingFor(path);
      await orDiskFull(folder, async () => {
        const template = await templateFor(sizeGib);
        await execute('cp', ['--sparse=always', '--reflink=auto', template, coming]);
        await rename(coming, path);
      });
      return { path };
    },
    remove: async (vm) => {
      await removeComing(pathOf(vm));
      await rm(pathOf(vm), { force: true });
    },
    find,
  };
}

/** stat(2): blocks of 512 bytes, whatever those of the file system are. Nothing for a disk that has just gone. */
async function allocatedBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).blocks * 512;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}

/**
 * Where a file is made before it gets its name. No two tries share the file: the `cp` of an agent that died goes on writing
 * into its own, while the next agent's copy may already be some VM's disk.
 */
const comingFor = (path: string): string => `${path}.coming-${randomUUID()}`;

async function removeComing(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => []);
  const coming = names.filter((name) => name.startsWith(`${basename(path)}.coming`));
  await Promise.all(coming.map((name) => rm(join(dirname(path), name), { force: true })));
}

async function makeTemplate(folder: string, sizeGib: number): Promise<string> {
  const path = join(folder, `template-${sizeGib}gib`);
  if (await isThere(path)) return path;
  await removeComing(path);
  const coming = comingFor(path);
  const file = await open(coming, 'w', 0o600);
  await file.truncate(sizeGib * 1024 ** 3);
  await file.close();
  // No journal: the disk does not outlive its VM. Nothing reserved for root: the job is root. A fixed hash seed and
  // lazy tables keep the file at a few MiB.
  const options = ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-m', '0'];
  await execute('mke2fs', [...options, '-E', 'lazy_itable_init=1,nodiscard,root_owner=0:0', coming], {
    env: { ...process.env, PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin` },
  });
  await rename(coming, path);
  return path;
}

async function orDiskFull(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    if (/No space left|ENOSPC|Disk quota/.test(words))
      throw new DiskFullError(`${folder} is full: free some space there`, { cause });
    throw new Error(`cannot make a scratch disk in ${folder}`, { cause });
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
