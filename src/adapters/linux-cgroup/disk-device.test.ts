import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diskOf } from './disk-device.ts';

let folder: string;
let sys: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bellows-disk-'));
  sys = join(folder, 'sys');
  mkdirSync(join(sys, 'dev/block'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A device in a /sys of our own, under the number of the disk that this folder really lies on. */
function plant(path: string, files: Readonly<Record<string, string>>): void {
  const { dev } = statSync(folder);
  const device = join(sys, 'devices', path);
  mkdirSync(device, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(device, name), text);
  symlinkSync(
    device,
    join(sys, 'dev/block', `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`),
  );
}

it('names a whole disk by its own number', async () => {
  plant('vda', {});
  expect(await diskOf(folder, sys)).toMatch(/^\d+:\d+$/);
});

it('names the disk that a partition is a part of', async () => {
  plant('sda/sda3', { partition: '3\n' });
  writeFileSync(join(sys, 'devices/sda/dev'), '8:0\n');
  expect(await diskOf(folder, sys)).toBe('8:0');
});

it('names none where there is no disk behind the folder', async () => {
  expect(await diskOf(folder, sys)).toBeUndefined();
});
