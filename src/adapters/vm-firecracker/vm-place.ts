// What the driver keeps of one VM on disk: made before the jailer starts, cleared after the VMM is gone. The layout is in
// `jail.ts`.

import {
  chmod,
  chown,
  constants,
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { type VmId, vmId } from '../../domain/ids.ts';
import { type MachineSpec, VmStartError } from '../../ports/vm-driver.ts';
import {
  type HostPath,
  hostPath,
  isVmName,
  type Jail,
  type JailPath,
  jailed,
  onHost,
  placeOf,
  type VmPlace,
} from './jail.ts';
import { makePipes } from './pipes.ts';

/** What must be known again when another agent started the VM. */
export interface PlaceRecord {
  guestSocketPath: string;
  consolePath: string;
  tap: string;
  user: number;
  programName: string;
  jailId: string;
  /** As the host sees it. */
  cgroup?: string;
}

/** Makes the place, and the jail with all that the VMM is to find in it. */
export async function makePlace(
  place: VmPlace,
  jail: Jail,
  machine: MachineSpec,
  record: PlaceRecord,
): Promise<void> {
  const { user } = record;
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  await writeFile(`${place.record}.coming`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${place.record}.coming`, place.record);
  await mkdir(jail.root, { recursive: true, mode: 0o700 });
  await makePipes([place.pipes.console, place.pipes.log]);
  await putOwn(place.pipes.console, jail, jailed.console, user);
  await putOwn(place.pipes.log, jail, jailed.log, user);
  await putShared(machine.kernelPath, jail, jailed.kernel);
  await putShared(machine.initramfsPath, jail, jailed.initramfs);
  await putShared(machine.rootPath, jail, jailed.root);
  await putOwn(await resolved(machine.scratchPath), jail, jailed.scratch, user);
  await rm(machine.guestSocketPath, { force: true });
  await symlink(onHost(jail, jailed.guestSocket), machine.guestSocketPath);
}

/**
 * Removes all of a VM that is gone, the guest link too. Console and scratch disk stay: they are the caller's. Nothing is
 * mounted here; the jailer's own mounts are in a namespace that ended with it.
 */
export async function clearPlace(vm: VmId, folder: string): Promise<void> {
  const place = placeOf(vm, folder);
  const record = await recordOf(place);
  if (record !== undefined) await rm(record.guestSocketPath, { force: true });
  await rm(place.folder, { recursive: true, force: true });
}

/** Undefined when there is no place, when a crash came before its record, or a full disk left it empty. */
export async function recordOf(place: VmPlace): Promise<PlaceRecord | undefined> {
  const text = await readFile(place.record, 'utf8').catch(() => '');
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The VMs that have a place here, whether they run or not. */
export async function places(folder: string): Promise<VmId[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter(isVmName).map(vmId);
}

/**
 * Puts a file into the jail that other VMs use as well: by its name alone where that is safe, and never by giving it to the
 * VM's user, who would then own the file of all VMs (firecracker/docs/jailer.md, leaves that to whoever starts it).
 */
async function putShared(from: string, jail: Jail, to: JailPath): Promise<void> {
  const source = await resolved(from);
  const { mode } = await stat(source);
  const isSafe = (mode & 0o004) !== 0 && (mode & 0o022) === 0;
  if (isSafe && (await linked(source, onHost(jail, to)))) return;
  // Of no cost where the file system can share blocks (reflink); elsewhere it costs as much as the file is long.
  await copyFile(source, onHost(jail, to), constants.COPYFILE_FICLONE);
  // Root's, so that it does not count as the VM's own; others do not get into the jail.
  await chmod(onHost(jail, to), 0o444);
}

/** A file of this VM alone. */
async function putOwn(source: HostPath, jail: Jail, to: JailPath, user: number): Promise<void> {
  await chown(source, user, user);
  if (await linked(source, onHost(jail, to))) return;
  throw new VmStartError(
    `${source} and ${jail.root} must lie on the same file system: put scratch disks and the driver's folder on one`,
  );
}

/** False when the file system cannot: another one, or too many names. */
async function linked(from: HostPath, to: HostPath): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EXDEV' || error.code === 'EMLINK'))
      return false;
    throw error;
  }
}

/** A hard link would be one to the link itself. */
async function resolved(path: string): Promise<HostPath> {
  return hostPath(await realpath(path));
}
