// How much of the agent's disk the user of a VM may own: its scratch disk and what else is in its jail. A VMM that its guest
// has taken over is that user, and could fill the disk of all the others with files of its own.
//
// By the user, not by a project: whoever owns a file may put it into another project (Linux, fs/ioctl.c,
// fileattr_set_prepare), and nobody but root may give it to another user.

import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import { CageError, type CageLimits, type VmCage } from '../../ports/vm-cage.ts';

type Run = (program: string, args: readonly string[]) => Promise<unknown>;

/** Beside the scratch disk: Firecracker's program, of which each jail has a copy, and the blocks that say where blocks lie. */
const besideMib = 64;
/** A jail holds a dozen. */
const mostFiles = 1024;

/** Arguments of `setquota` (package quota), which counts blocks of 1 KiB. */
export function quotaArguments({ user, gib }: NonNullable<CageLimits['disk']>, mount: string): string[] {
  const blocks = Math.ceil(gib * 1024 + besideMib) * 1024;
  return ['-u', String(user), '0', String(blocks), '0', String(mostFiles), mount];
}

/**
 * Where the file system of a folder is mounted, when it holds users to quotas; undefined when it does not.
 * @param mounts as in /proc/self/mounts (fstab(5))
 */
export function quotaMount(mounts: string, folder: string): string | undefined {
  let best: { point: string; options: string[] } | undefined;
  for (const line of mounts.split('\n')) {
    const [, written, , options = ''] = line.split(' ');
    if (written === undefined) continue;
    const point = written.replaceAll('\\040', ' ');
    const isAbove = folder === point || folder.startsWith(point === '/' ? '/' : `${point}/`);
    // Of two on the same point the later one counts.
    if (isAbove && (best === undefined || point.length >= best.point.length))
      best = { point, options: options.split(',') };
  }
  return best?.options.includes('usrquota') ? best.point : undefined;
}

/** Undefined where the file system of this folder has no quotas for users. */
export async function quotaMountOf(folder: string): Promise<string | undefined> {
  return quotaMount(await readFile('/proc/self/mounts', 'utf8'), await realpath(folder));
}

/** The cage, and a quota for the VM's user. A user's quota is set anew for each VM that it is given, and lifted after it. */
export function withDiskQuota(cage: VmCage, mount: string, run: Run = promisify(execFile)): VmCage {
  const users = new Map<string, number>();
  return {
    open: async (vm, limits) => {
      const { disk } = limits;
      if (disk !== undefined) {
        users.set(vm, disk.user);
        await run('setquota', quotaArguments(disk, mount)).catch((cause: unknown) => {
          throw new CageError(
            `${vm}: its quota on ${mount} cannot be set: is the package quota installed? apt-get install quota`,
            { cause },
          );
        });
      }
      return cage.open(vm, limits);
    },
    close: async (vm) => {
      await cage.close(vm);
      const user = users.get(vm);
      // One of an earlier agent's VM stays until its user has another.
      if (user !== undefined) await run('setquota', ['-u', String(user), '0', '0', '0', '0', mount]);
      users.delete(vm);
    },
    find: () => cage.find(),
  };
}
