// One VM's place on the host, and the jail in it. What the VMM is told are paths inside the jail, what we open are paths on
// the host: the two have types of their own, since a mix-up would open the wrong file as root.
//
//   FOLDER/VM/                         root's: the record, the pipes, the VMM's words
//   FOLDER/VM/PROGRAM/ID/root/         the jail, the VM's user's
//
// FOLDER/VM is also the jailer's base folder, which it does not make: a jailer that was begun by an agent which died since
// cannot come up after the place was cleared (firecracker/docs/jailer.md).

import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { VmId } from '../../domain/ids.ts';

declare const onWhichSide: unique symbol;

/** Absolute, as we see it. */
export type HostPath = string & { readonly [onWhichSide]: 'host' };
/** Absolute, as the VMM sees it. */
export type JailPath = string & { readonly [onWhichSide]: 'jail' };

export const hostPath = (path: string): HostPath => path as HostPath;
const jailPath = (path: string): JailPath => path as JailPath;

/** All that is ever in a jail by our doing. Short names at its top: nothing of it lies in a folder that the VMM could swap. */
export const jailed = {
  kernel: jailPath('/kernel'),
  initramfs: jailPath('/initramfs'),
  root: jailPath('/root.img'),
  scratch: jailPath('/scratch.img'),
  console: jailPath('/console'),
  log: jailPath('/log'),
  apiSocket: jailPath('/api.sock'),
  guestSocket: jailPath('/vsock.sock'),
};

export interface VmPlace {
  folder: HostPath;
  record: HostPath;
  /** Pipes that we made and that the VMM writes to; linked into the jail, where it cannot put others in their place. */
  pipes: { console: HostPath; log: HostPath };
  /** What jailer and Firecracker said, bounded. */
  words: HostPath;
}

export interface Jail {
  id: string;
  /** Its root folder. */
  root: HostPath;
}

export function placeOf(vm: VmId, folder: string): VmPlace {
  const own = join(folder, vm);
  return {
    folder: hostPath(own),
    record: hostPath(join(own, 'place.json')),
    pipes: { console: hostPath(join(own, 'console')), log: hostPath(join(own, 'log')) },
    words: hostPath(join(own, 'firecracker.log')),
  };
}

/** The jailer's layout: BASE/PROGRAM/ID/root. */
export function jailOf(place: VmPlace, programName: string, id: string): Jail {
  return { id, root: hostPath(join(place.folder, programName, id, 'root')) };
}

/** The only way from one side to the other. */
export function onHost(jail: Jail, path: JailPath): HostPath {
  return hostPath(join(jail.root, path));
}

/**
 * A jail cannot be entered twice, so each launch gets an id of its own. It names the VM and, by a short digest, the
 * driver's folder: two agents on one host do not take each other's VMs.
 */
export function newJailId(vm: VmId, folder: string): string {
  return `${vm}-${digestOf(folder)}${randomBytes(2).toString('hex')}`;
}

/** The VM's name of a jail's id; undefined when it is not of this folder. */
export function nameInJailId(id: string, folder: string): string | undefined {
  const [, name, digest] = /^(vm-[0-9a-z]+)-([0-9a-f]{6})[0-9a-f]{4}$/.exec(id) ?? [];
  return digest === digestOf(folder) ? name : undefined;
}

export function isVmName(name: string): boolean {
  return /^vm-[0-9a-z]+$/.test(name);
}

function digestOf(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 6);
}
