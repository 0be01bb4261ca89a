// What the driver keeps of one VM on disk, and how it is cleared away.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type VmId, vmId } from '../../domain/ids.ts';

/** Paths of the driver's own sockets for one VM. */
export interface DriverSockets {
  monitor: string;
  console: string;
}

export interface VmPlace {
  folder: string;
  sockets: DriverSockets;
  /** What QEMU writes to its error output. */
  words: string;
}

/** Paths that the driver was handed, and needs again when it did not start the VM itself. */
export interface HandedPaths {
  guestSocketPath?: string;
  consolePath?: string;
}

export function placeOf(vm: VmId, folder: string): VmPlace {
  const own = join(folder, vm);
  return {
    folder: own,
    sockets: { monitor: join(own, 'qmp'), console: join(own, 'tty') },
    words: join(own, 'qemu.log'),
  };
}

/** Clears what was there, and makes the place for a new start. */
export async function makePlace(vm: VmId, folder: string, paths: Required<HandedPaths>): Promise<VmPlace> {
  await clearPlace(vm, folder);
  const place = placeOf(vm, folder);
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  await writeFile(recordOf(place), JSON.stringify(paths));
  await rm(paths.guestSocketPath, { force: true });
  return place;
}

/** Removes all files and sockets of a VM that is gone, the guest link's too. The console stays: it is the caller's. */
export async function clearPlace(vm: VmId, folder: string): Promise<void> {
  const place = placeOf(vm, folder);
  const { guestSocketPath } = await handedPaths(place);
  if (guestSocketPath !== undefined) await rm(guestSocketPath, { force: true });
  await rm(place.folder, { recursive: true, force: true });
}

/** Empty when the record is not there, or when a crash cut it short. */
export async function handedPaths(place: VmPlace): Promise<HandedPaths> {
  const text = await readFile(recordOf(place), 'utf8').catch(() => '');
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** The VMs that have a place here, whether they run or not. */
export async function places(folder: string): Promise<VmId[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter(isVmName).map(vmId);
}

export function isVmName(name: string): boolean {
  return /^vm-[0-9a-z]+$/.test(name);
}

/** QEMU's last word that is more than a warning; empty when it said nothing. */
export async function lastWords(place: VmPlace): Promise<string> {
  const text = await readFile(place.words, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\S+: warning:/.test(line));
  return (lines.at(-1) ?? '').slice(0, 500);
}

function recordOf(place: VmPlace): string {
  return join(place.folder, 'paths.json');
}
