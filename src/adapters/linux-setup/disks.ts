// Block devices, by util-linux and e2fsprogs.

import { mkdtemp, open, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskFacts } from '../../ports/host-setup.ts';
import type { RunProgram } from './run-program.ts';

/** Where partition tables, volume managers and file systems have their marks. */
const headBytes = 2 ** 20;

export async function diskFacts(device: string, run: RunProgram): Promise<DiskFacts | undefined> {
  const columns = 'PATH,TYPE,SIZE,RO,FSTYPE,LABEL,MOUNTPOINTS';
  const text = await run('lsblk', ['--json', '--bytes', '--output', columns, device]).catch(() => undefined);
  const block = text === undefined ? undefined : blockIn(text);
  if (block === undefined) return undefined;
  const signatures = await run('wipefs', ['--no-act', '--noheadings', '--output', 'TYPE,LABEL', device]);
  const uuid = await run('blkid', ['-p', '-s', 'UUID', '-o', 'value', device]).catch(() => '');
  const below = block.children.map(
    ({ path, type, fstype }) => `${type} ${path}${fstype ? ` (${fstype})` : ''}`,
  );
  const marks = signatures.split('\n').flatMap((line) => {
    const [type = '', ...label] = line.trim().split(/\s+/);
    return type === '' ? [] : [`${type}${label.length > 0 ? ` "${label.join(' ')}"` : ''}`];
  });
  const contents = [...new Set([...marks, ...below])];
  if (contents.length === 0 && !(await isBlank(device))) contents.push('bytes that belong to nothing known');
  return {
    device: block.path,
    bytes: block.size,
    readOnly: block.readOnly,
    mountedAt: [block, ...block.children].flatMap(({ mounts }) => mounts),
    contents,
    uuid: uuid.trim() === '' ? undefined : uuid.trim(),
  };
}

export async function makeExt4(
  { device, uuid, label }: { device: string; uuid: string; label: string },
  run: RunProgram,
): Promise<void> {
  await run('wipefs', ['--all', '--quiet', device]);
  const features = ['-O', 'quota', '-E', 'lazy_itable_init=1,lazy_journal_init=1', '-m', '1'];
  await run('mkfs.ext4', ['-q', '-F', '-U', uuid, '-L', label, ...features, device]);
}

/** Kernels of clouds come without the module now and then, so it is tried. */
export async function takesQuotas(uuid: string, run: RunProgram): Promise<boolean> {
  const device = (await run('blkid', ['-U', uuid])).trim();
  const mounted = await run('findmnt', [
    '--noheadings',
    '--first-only',
    '--output',
    'OPTIONS',
    '--source',
    device,
  ]).catch(() => '');
  if (mounted.trim() !== '') return mounted.includes('usrquota');
  const folder = await mkdtemp('/run/bellows-trial-');
  try {
    await run('mount', ['-t', 'ext4', '-o', 'usrquota', device, folder]);
    await run('umount', [folder]);
    return true;
  } catch {
    // It says only that this kernel cannot: the file system is mounted without.
    return false;
  } finally {
    await rmdir(folder);
  }
}

/** Leaves a disk that the next installation takes for an empty one. */
export async function blank(uuid: string, run: RunProgram): Promise<void> {
  const device = (await run('blkid', ['-U', uuid]).catch(() => '')).trim();
  if (device === '') return;
  await run('wipefs', ['--all', '--quiet', device]);
  const file = await open(device, 'r+');
  try {
    await file.write(Buffer.alloc(headBytes), 0, headBytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A folder on another device than the one above it. */
export async function isMountPoint(folder: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  return mounts.split('\n').some((line) => line.split(' ')[1] === join('/', folder));
}

async function isBlank(device: string): Promise<boolean> {
  const file = await open(device, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead).every((byte) => byte === 0);
  } finally {
    await file.close();
  }
}

interface Block {
  path: string;
  type: string;
  size: number;
  readOnly: boolean;
  fstype: string;
  mounts: string[];
  /** All below, however deep. */
  children: Block[];
}

/** The one device in what `lsblk --json` says (util-linux 2.37 and newer). */
export function blockIn(text: string): Block | undefined {
  const devices = field(JSON.parse(text), 'blockdevices');
  const [first] = Array.isArray(devices) ? devices : [];
  return first === undefined ? undefined : block(first);
}

function block(value: unknown): Block {
  const children = field(value, 'children');
  const mounts = field(value, 'mountpoints');
  const direct = Array.isArray(children) ? children.map(block) : [];
  return {
    path: String(field(value, 'path')),
    type: String(field(value, 'type')),
    size: Number(field(value, 'size')),
    readOnly: field(value, 'ro') === true,
    fstype: String(field(value, 'fstype') ?? ''),
    mounts: Array.isArray(mounts) ? mounts.filter((one) => typeof one === 'string') : [],
    children: direct.flatMap((child) => [child, ...child.children]),
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
