import { execFileSync } from 'node:child_process';
import { mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vmId } from '../../domain/ids.ts';
import { DiskFullError } from '../../ports/scratch-disk.ts';
import { sparseScratchDisk } from './scratch-disk.ts';

const vm = vmId('vm-00000000one0');
const mib = 1024 ** 2;

describe('scratch disks', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-disks-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are ext4 of the size asked for, and take a few megabytes', async () => {
    const { path } = await sparseScratchDisk({ folder }).create(vm, 20);
    const { size, blocks } = await stat(path);
    expect(size).toBe(20 * 1024 ** 3);
    expect(blocks * 512).toBeLessThan(20 * 1024 ** 2);
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
    expect(execFileSync('e2fsck', ['-fn', path], { encoding: 'utf8', env, stdio: 'pipe' })).toContain('0.0%');
  });

  it('are made once: a second try finds the first one with its content', async () => {
    const disks = sparseScratchDisk({ folder });
    const { path } = await disks.create(vm, 1);
    await writeFile(path, 'in use');
    expect(await disks.create(vm, 1)).toEqual({ path });
    expect((await stat(path)).size).toBe(6);
  });

  it('are made for many VMs at once from one template', async () => {
    const disks = sparseScratchDisk({ folder });
    const vms = ['vm-a', 'vm-b', 'vm-c'].map(vmId);
    await Promise.all(vms.map((each) => disks.create(each, 1)));
    expect([...(await disks.find())].sort()).toEqual(vms);
    expect((await readdir(folder)).filter((name) => name.startsWith('template'))).toEqual(['template-1gib']);
  });

  it('are found when a crash left them half made, and removed twice without complaint', async () => {
    const disks = sparseScratchDisk({ folder });
    await writeFile(join(folder, `${vm}.ext4.coming`), '');
    expect(await disks.find()).toEqual([vm]);
    await disks.remove(vm);
    await disks.remove(vm);
    expect(await disks.find()).toEqual([]);
  });

  it('are not touched by what an agent that died is still copying', async () => {
    const disks = sparseScratchDisk({ folder });
    const dying = [await open(join(folder, `${vm}.ext4.coming`), 'w')];
    dying.push(await open(join(folder, `${vm}.ext4.coming-by-another`), 'w'));
    dying.push(await open(join(folder, 'template-1gib.coming-by-another'), 'w'));
    const { path } = await disks.create(vm, 1);
    for (const file of dying) {
      await file.write('late', 0);
      await file.close();
    }
    expect(await beginningOf(path)).not.toContain('late');
    expect(await disks.find()).toEqual([vm]);
    await disks.remove(vm);
    expect(await readdir(folder)).toEqual(['template-1gib']);
  });

  it('tell what they take up of the host, not how large they may become', async () => {
    const disks = sparseScratchDisk({ folder });
    expect(await disks.heldBytes()).toBe(0);
    const { path } = await disks.create(vm, 4);
    const empty = await disks.heldBytes();
    expect(empty).toBeLessThan(64 * mib);
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(20 * mib, 1), 0, 20 * mib, 1024 * mib);
    await file.sync();
    await file.close();
    const grown = (await disks.heldBytes()) - empty;
    expect(grown).toBeGreaterThanOrEqual(20 * mib);
    expect(grown).toBeLessThan(21 * mib);
    await disks.remove(vm);
    expect(await disks.heldBytes()).toBe(0);
  });

  it('are refused while the host has too little room, with what to do', async () => {
    const disks = sparseScratchDisk({ folder, reserveBytes: 2 ** 60 });
    await expect(disks.create(vm, 1)).rejects.toThrow(DiskFullError);
    await expect(disks.create(vm, 1)).rejects.toThrow(/free some space there/);
    expect(await readdir(folder)).toEqual([]);
  });
});

async function beginningOf(path: string): Promise<string> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  await file.close();
  return buffer.toString('latin1');
}
