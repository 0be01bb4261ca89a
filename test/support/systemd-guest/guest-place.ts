// What a guest has of its own on the host: its disks, and its files as one more disk that holds a tar archive.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface GuestDisk {
  /** At most 20 letters and digits: virtio's limit for a serial number. */
  name: string;
  sizeMib: number;
}

/** A path on the host (a file or a folder), or the content itself. */
export type GuestFile = { from: string } | { content: string; mode?: number };

export interface GuestPlace {
  folder: string;
  disks: readonly { name: string; path: string }[];
}

/** Whoever calls it removes the folder. */
export async function guestPlace(
  disks: readonly GuestDisk[],
  files: Readonly<Record<string, GuestFile>>,
): Promise<GuestPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-systemd-guest-'));
  const made = await Promise.all(
    disks.map(async ({ name, sizeMib }) => ({
      name,
      path: await sparse(join(folder, `${name}.disk`), sizeMib),
    })),
  );
  const tree = join(folder, 'files');
  await mkdir(tree);
  for (const [path, file] of Object.entries(files)) {
    const target = join(tree, path);
    await mkdir(dirname(target), { recursive: true });
    if ('from' in file) await cp(file.from, target, { recursive: true, verbatimSymlinks: true });
    else await writeFile(target, file.content, { mode: file.mode ?? 0o644 });
  }
  const archive = join(folder, 'files.tar');
  const args = ['--owner=0', '--group=0', '--no-overwrite-dir', '-C', tree, '-cf', archive];
  await execute('tar', [...args, ...(Object.keys(files).length === 0 ? ['-T', '/dev/null'] : ['.'])]);
  await rm(tree, { recursive: true });
  return { folder, disks: [...made, { name: 'files', path: archive }] };
}

async function sparse(path: string, sizeMib: number): Promise<string> {
  const file = await open(path, 'w', 0o600);
  await file.truncate(sizeMib * 2 ** 20);
  await file.close();
  return path;
}
