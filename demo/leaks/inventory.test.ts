import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type LeakKind, leaksBetween, mountsIn, type Places, takeInventory } from './inventory.ts';

const asRoot = process.getuid?.() === 0;
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Plants one thing, and gives the leaks that the inventory finds then. */
async function plant(
  places: Places,
  planting: (folder: string) => void | Promise<void>,
): Promise<readonly LeakKind[]> {
  const before = await takeInventory(places);
  await planting(places.folders[0] ?? '');
  return leaksBetween(before, await takeInventory(places)).map(({ kind }) => kind);
}

async function emptyPlaces(): Promise<Places> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-leak-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  return { marks: [folder], folders: [folder], registrations: async () => [] };
}

const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: 'pipe' });
};

describe('the inventory finds', () => {
  test('nothing where nothing was left', async () => {
    expect(await plant(await emptyPlaces(), () => {})).toEqual([]);
  });

  test('a process that names our folder', async () => {
    const kinds = await plant(await emptyPlaces(), async (folder) => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', folder], {
        stdio: 'ignore',
      });
      undo.push(() => child.kill('SIGKILL'));
      await new Promise((resolve) => child.once('spawn', resolve));
    });
    expect(kinds).toEqual(['process']);
  });

  test('a file', async () => {
    const kinds = await plant(await emptyPlaces(), (folder) => writeFile(join(folder, 'scratch.ext4'), ''));
    expect(kinds).toEqual(['file']);
  });

  test('a registration', async () => {
    const runners: string[] = [];
    const places = { ...(await emptyPlaces()), registrations: async () => runners };
    expect(await plant(places, () => void runners.push('bellows-left'))).toEqual(['registration']);
  });

  test('a mount, but none that the kernel keeps about itself', () => {
    const before = '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw';
    const traces = '41 22 0:12 / /sys/kernel/tracing rw,relatime - tracefs tracefs rw';
    const scratch = '42 22 7:0 / /var/lib/bellows/vm-1 rw shared:9 - ext4 /dev/loop0 rw';
    const seen = mountsIn([before, traces, scratch].join('\n')).map(({ what }) => what);
    expect(seen).toEqual(['ext4 on /', 'ext4 on /var/lib/bellows/vm-1']);
  });

  test.skipIf(!asRoot)('a mount, a loop device, a network device and a namespace (as root)', async () => {
    const kinds = await plant(await emptyPlaces(), async (folder) => {
      const disk = `${folder}.disk`;
      await writeFile(disk, Buffer.alloc(1024 * 1024));
      undo.push(() => rm(disk, { force: true }));
      run('mount', '-t', 'tmpfs', 'none', folder);
      undo.push(() => run('umount', folder));
      const loop = execFileSync('losetup', ['--find', '--show', disk], { encoding: 'utf8' }).trim();
      undo.push(() => run('losetup', '-d', loop));
      run('ip', 'tuntap', 'add', 'bellows-leak0', 'mode', 'tap');
      undo.push(() => run('ip', 'link', 'del', 'bellows-leak0'));
      run('ip', 'netns', 'add', 'bellows-leak');
      undo.push(() => run('ip', 'netns', 'del', 'bellows-leak'));
    });
    expect(new Set(kinds)).toEqual(new Set(['mount', 'loop device', 'network device', 'namespace']));
  });
});
