// How to read what the kernel prints in /proc and /sys (proc(5)).

export const linesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line.trim() !== '');

/** Whether the first processor has a flag; x86 only. */
export const cpuFlag = (cpuinfo: string, flag: string): boolean =>
  (cpuValue(cpuinfo, 'flags') ?? '').split(' ').includes(flag);

/** A line of the first processor. */
export const cpuValue = (cpuinfo: string, name: string): string | undefined =>
  new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(cpuinfo)?.[1]?.trim();

/** A line of /proc/meminfo, in MiB. */
export function meminfoMib(meminfo: string, name: string): number | undefined {
  const kib = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(meminfo)?.[1];
  return kib === undefined ? undefined : Math.floor(Number(kib) / 1024);
}

export interface KernelVersion {
  major: number;
  minor: number;
}

export function kernelVersion(release: string): KernelVersion | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release.trim()) ?? [];
  return major === undefined || minor === undefined
    ? undefined
    : { major: Number(major), minor: Number(minor) };
}

export function isKernelAtLeast(release: string, major: number, minor: number): boolean {
  const version = kernelVersion(release);
  return (
    version !== undefined && (version.major > major || (version.major === major && version.minor >= minor))
  );
}

export interface Mount {
  point: string;
  type: string;
  options: readonly string[];
  /** Of the file system, wherever it is mounted. */
  ofFileSystem: readonly string[];
}

/** /proc/self/mountinfo */
export const mountsIn = (mountinfo: string): readonly Mount[] =>
  linesOf(mountinfo).flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , , point = '', options = ''] = before.split(' ');
    const [type = '', , ofAll = ''] = after.split(' ');
    // Spaces in a path are written \040.
    const names = { options: options.split(','), ofFileSystem: ofAll.split(',') };
    return [{ point: point.replaceAll('\\040', ' '), type, ...names }];
  });

/** The mount that a path lies on. Of two on the same point, the later one counts. */
export const mountOf = (mounts: readonly Mount[], path: string): Mount | undefined =>
  mounts
    .filter(({ point }) => path === point || path.startsWith(point === '/' ? '/' : `${point}/`))
    .reduce<Mount | undefined>(
      (best, mount) => (best === undefined || mount.point.length >= best.point.length ? mount : best),
      undefined,
    );
