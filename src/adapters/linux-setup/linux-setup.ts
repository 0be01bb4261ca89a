// A Debian or Ubuntu with systemd, changed by its own programs.

import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type HostSetup, SetupError, type SetupFacts, type SetupFile } from '../../ports/host-setup.ts';
import type { ProcessTable } from '../../ports/process-table.ts';
import { keepVersions, placeVersion, unpack } from './archives.ts';
import { blank, diskFacts, isMountPoint, makeExt4, takesQuotas } from './disks.ts';
import { placeFirecracker } from './firecracker-programs.ts';
import { type RunProgram, runProgram } from './run-program.ts';
import { killVms, removeVmTraces, runningVms } from './vm-traces.ts';

export interface LinuxSetupOptions {
  /** Where versions lie. */
  versions: string;
  /** Where Firecracker and its jailer lie. */
  firecracker: string;
  processes: ProcessTable;
  /** Lines of apt, for the person who waits. */
  onLine?: (line: string) => void;
  run?: RunProgram;
}

export function linuxSetup(options: LinuxSetupOptions): HostSetup {
  const { versions, firecracker, processes, onLine, run = runProgram } = options;
  return {
    facts: () => facts(),
    disk: async (device) => diskFacts(await realpath(device).catch(() => device), run),
    makeFileSystem: (disk) => makeExt4(disk, run),
    takesQuotas: (uuid) => takesQuotas(uuid, run),
    blankDisk: (uuid) => blank(uuid, run),
    missingPackages: (names) => missingPackages(names, run),
    installPackages: async (names) => {
      // Cloud-init and unattended upgrades hold the lock for minutes after the first boot.
      const lock = ['-o', 'DPkg::Lock::Timeout=600'];
      const show = onLine === undefined ? {} : { onLine };
      await run('apt-get', ['update', '-q', ...lock], show);
      await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...lock, ...names], show);
    },
    unpack: (source) => unpack(source, versions, run),
    placeFirecracker: (source) => placeFirecracker(source, firecracker, run),
    placeVersion: (archive) => placeVersion(archive, versions),
    keepVersions: (names) => keepVersions(names, versions),
    currentVersion: () =>
      readlink(`${versions}/current`).then(
        (target) => basename(target),
        () => undefined,
      ),
    read: (path) => readFile(path, 'utf8').catch(() => undefined),
    write,
    makeFolder: async (path, mode) => {
      await mkdir(path, { recursive: true, mode });
      await chmod(path, mode);
    },
    link,
    remove: async (path) => {
      await run('rm', ['-rf', '--one-file-system', '--', path]);
    },
    isEmpty: async (folder) => (await readdir(folder).catch(() => [])).length === 0,
    isMountPoint,
    systemctl: (...args) => run('systemctl', args),
    service: async (name) => {
      const text = await run('systemctl', ['show', '--property=ActiveState,MainPID', name]);
      const words = await run('journalctl', [
        '--unit',
        name,
        '--lines=15',
        '--output=cat',
        '--no-pager',
      ]).catch(String);
      return {
        state: /^ActiveState=(.*)$/m.exec(text)?.[1] ?? 'unknown',
        pid: Number(/^MainPID=(\d+)$/m.exec(text)?.[1] ?? 0),
        words,
      };
    },
    runningVms: () => runningVms(processes),
    killVms: () => killVms(processes),
    removeVmTraces: () => removeVmTraces(run),
  };
}

/** @param root of the file system; another one in tests. */
export async function facts(root = '/'): Promise<SetupFacts> {
  const release = await readFile(join(root, 'etc/os-release'), 'utf8').catch(() => '');
  const value = (name: string): string =>
    new RegExp(`^${name}=["']?([^"'\n]*)["']?$`, 'm').exec(release)?.[1] ?? 'unknown';
  const exists = (path: string): Promise<boolean> =>
    stat(join(root, path)).then(
      () => true,
      () => false,
    );
  return {
    isRoot: process.getuid?.() === 0,
    // sd_booted(3)
    systemd: await exists('/run/systemd/system'),
    arch: process.arch,
    distribution: `${value('ID')} ${value('VERSION_ID')}`,
    apt: await exists('/usr/bin/apt-get'),
  };
}

async function missingPackages(names: readonly string[], run: RunProgram): Promise<readonly string[]> {
  const listed = await run('dpkg-query', ['-W', `-f=${shown('db:Status-Status')} ${shown('Package')}\n`]);
  const installed = new Set(
    listed.split('\n').flatMap((line) => (line.startsWith('installed ') ? [line.slice(10)] : [])),
  );
  return names.flatMap((name) => {
    const [first = name, ...others] = name.split('|');
    return [first, ...others].some((one) => installed.has(one)) ? [] : [first];
  });
}

/** A field in a format of dpkg-query. */
const shown = (field: string): string => `\${${field}}`;

/** Whole or not at all, for whoever reads it at that moment. */
async function write({ path, text, mode }: SetupFile): Promise<boolean> {
  const there = await readFile(path, 'utf8').catch(() => undefined);
  if (there === text && ((await stat(path)).mode & 0o777) === mode) return false;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, text, { mode });
  await chmod(`${path}.part`, mode);
  await rename(`${path}.part`, path);
  return true;
}

async function link(path: string, target: string): Promise<boolean> {
  const there = await lstat(path).catch(() => undefined);
  if (there !== undefined && !there.isSymbolicLink())
    throw new SetupError(`${path} is in the way, and not ours: move it`);
  if (there !== undefined && (await readlink(path)) === target) return false;
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, `${path}.part`);
  await rename(`${path}.part`, path);
  return true;
}
