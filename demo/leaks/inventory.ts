// What there is on this machine that a VM could leave behind, listed before and after, and compared. It looks at the kernel's
// own tables and at GitHub's, not at ours, since a leak is what our own tables do not show.

import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export const leakKinds = [
  'process',
  'mount',
  'loop device',
  'network device',
  'namespace',
  'file',
  'registration',
] as const;
export type LeakKind = (typeof leakKinds)[number];

export interface Found {
  kind: LeakKind;
  /** The same for the same thing in two inventories. */
  id: string;
  /** For people. */
  what: string;
}

export interface Places {
  /**
   * Whatever names one of these in its command line or environment, or has its working directory below one, is a process of
   * ours. Folders of one's own are good marks: another Bellows on this machine has others.
   */
  marks: readonly string[];
  /** Folders in which nothing may be left. */
  folders: readonly string[];
  /** The runners that GitHub lists. */
  registrations: () => Promise<readonly string[]>;
}

export async function takeInventory(places: Places): Promise<readonly Found[]> {
  // Elsewhere there are no VMs that could leave such things, nor a /proc to look into.
  const isLinux = process.platform === 'linux';
  const lists = await Promise.all([
    ...(isLinux
      ? [processes(places.marks), mounts(), loopDevices(), networkDevices(), namespaces()]
      : [[], [], [], [], []]),
    files(places.folders),
    places.registrations(),
  ]);
  return lists.flatMap((list, index) =>
    list.map((entry) => {
      const kind = leakKinds[index] ?? 'file';
      const { id, what } = typeof entry === 'string' ? { id: entry, what: entry } : entry;
      return { kind, id, what };
    }),
  );
}

/** What is there afterwards and was not before. */
export function leaksBetween(before: readonly Found[], after: readonly Found[]): readonly Found[] {
  const known = new Set(before.map(({ kind, id }) => `${kind} ${id}`));
  return after.filter(({ kind, id }) => !known.has(`${kind} ${id}`));
}

interface Entry {
  id: string;
  what: string;
}

async function processes(marks: readonly string[]): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const command =
      (await orGone(readFile(`/proc/${pid}/cmdline`, 'utf8')))?.replaceAll('\0', ' ').trim() ?? '';
    const cwd = (await orGone(readlink(`/proc/${pid}/cwd`))) ?? '';
    const environment = (await orGone(readFile(`/proc/${pid}/environ`, 'utf8'))) ?? '';
    const isOurs = (mark: string): boolean =>
      command.includes(mark) || environment.includes(mark) || cwd.startsWith(mark);
    if (!marks.some(isOurs)) continue;
    const start = (await orGone(readFile(`/proc/${pid}/stat`, 'utf8')))?.split(') ')[1]?.split(' ')[19];
    if (start !== undefined) found.push({ id: `${pid} ${start}`, what: `${pid}: ${command.slice(0, 200)}` });
  }
  return found;
}

/** File systems of the kernel about itself: tools such as perf mount them when they first look, and nothing is kept in them. */
const kernelTypes: ReadonlySet<string> = new Set(['tracefs', 'debugfs', 'securityfs', 'bpf', 'binfmt_misc']);

/** The mounts in a `/proc/PID/mountinfo` (proc_pid_mountinfo(5)). */
export function mountsIn(mountinfo: string): readonly Entry[] {
  return mountinfo
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [, , , , point = ''] = line.split(' ');
      const [type = ''] = line.split(' - ')[1]?.split(' ') ?? [];
      return kernelTypes.has(type) ? [] : [{ id: `${point} ${type}`, what: `${type} on ${point}` }];
    });
}

const mounts = async (): Promise<readonly Entry[]> =>
  mountsIn(await readFile('/proc/self/mountinfo', 'utf8'));

async function loopDevices(): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for (const name of (await readdir('/sys/block')).filter((block) => block.startsWith('loop'))) {
    const backing = await orGone(readFile(`/sys/block/${name}/loop/backing_file`, 'utf8'));
    if (backing !== undefined)
      found.push({ id: `${name} ${backing.trim()}`, what: `${name}: ${backing.trim()}` });
  }
  return found;
}

const networkDevices = (): Promise<readonly string[]> => readdir('/sys/class/net');

async function namespaces(): Promise<readonly string[]> {
  const named = (await orGone(readdir('/run/netns'))) ?? [];
  return named.map((name) => `/run/netns/${name}`);
}

async function files(folders: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const entries = await orGone(readdir(folder, { recursive: true, withFileTypes: true }));
      return (entries ?? []).map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  return lists.flat();
}

/** Processes and devices go while one looks at them; that is no error. */
async function orGone<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
