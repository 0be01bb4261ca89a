import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vmId } from '../../domain/ids.ts';
import { vmFolder } from './vm-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bellows-vm-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const vm = vmId('vm-000000000001');

describe("a VM's folder", () => {
  it('is made and removed, each of which may be done twice', async () => {
    const folders = vmFolder(join(folder, 'vms'));
    expect(await folders.find()).toEqual([]);
    const paths = await folders.create(vm);
    expect(await folders.create(vm)).toEqual(paths);
    expect(await folders.find()).toEqual([vm]);
    expect(statSync(dirname(paths.guestSocketPath)).mode & 0o077).toBe(0);
    writeFileSync(paths.consolePath, 'text');
    await folders.remove(vm);
    await folders.remove(vm);
    expect(await folders.find()).toEqual([]);
  });

  it('gives the last lines of the console, and none where there is no console', async () => {
    const folders = vmFolder(folder);
    expect(await folders.consoleTail(vm, 5)).toEqual([]);
    const { consolePath } = await folders.create(vm);
    writeFileSync(consolePath, `${'x'.repeat(100_000)}\r\none\r\n\r\ntwo\r\nKernel panic\r\n`);
    expect(await folders.consoleTail(vm, 2)).toEqual(['two', 'Kernel panic']);
  });

  it('is refused where a socket could not be opened', () => {
    expect(() => vmFolder(`/${'d'.repeat(90)}`)).toThrow('too long for Unix sockets');
  });
});
