import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type VmId, vmId } from '../../domain/ids.ts';
import type { VmFolder } from '../../ports/vm-folder.ts';

/** Linux allows 107 bytes for a socket's path; the port promises 100. */
const longestSocketPath = 100;
/** Of a console, the part that is looked at for its last lines. */
const tailBytes = 16 * 1024;

/**
 * One folder for each VM below `folder`.
 * @throws when `folder` is so long that a socket in it could not be opened.
 */
export function vmFolder(folder: string): VmFolder {
  const own = (vm: VmId): string => join(folder, vm);
  const longest = Buffer.byteLength(join(own(vmId('vm-000000000000')), 'guest'));
  if (longest > longestSocketPath)
    throw new Error(`the folder for VMs is too long for Unix sockets: ${folder}; choose a shorter one`);
  const consoleOf = (vm: VmId): string => join(own(vm), 'console.log');
  return {
    async create(vm) {
      await mkdir(own(vm), { recursive: true, mode: 0o700 });
      return { guestSocketPath: join(own(vm), 'guest'), consolePath: consoleOf(vm) };
    },
    async remove(vm) {
      await rm(own(vm), { recursive: true, force: true });
    },
    async find() {
      const names = await orNothing(readdir(folder), []);
      return names.filter((name) => /^vm-[0-9a-z]+$/.test(name)).map(vmId);
    },
    async consoleTail(vm, lines) {
      const text = await orNothing(tailOf(consoleOf(vm)), '');
      return text.split(/\r*\n/).filter(Boolean).slice(-lines);
    },
  };
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}

async function orNothing<T>(work: Promise<T>, nothing: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return nothing;
    throw error;
  }
}
