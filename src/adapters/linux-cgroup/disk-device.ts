import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * The disk that a folder lies on, as `io.max` wants it: MAJOR:MINOR of the whole disk, since the kernel takes no partition.
 * Undefined where no block device is behind it: tmpfs, overlay, a share of the network.
 */
export async function diskOf(folder: string, sys = '/sys'): Promise<string | undefined> {
  const { dev } = await stat(folder);
  // glibc's encoding of a device number (sys/sysmacros.h); the upper halves are 0 for block devices.
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  const entry = await realpath(join(sys, 'dev/block', number)).catch(() => undefined);
  if (entry === undefined) return undefined;
  const isPartition = await readFile(join(entry, 'partition')).then(
    () => true,
    () => false,
  );
  return isPartition ? (await readFile(join(dirname(entry), 'dev'), 'utf8')).trim() : number;
}
