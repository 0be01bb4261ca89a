// The Debian packages whose programs the agent runs.

export const drivers = ['qemu', 'firecracker'] as const;
export type DriverName = (typeof drivers)[number];

export const networks = ['tap', 'restricted', 'open'] as const;
export type NetworkName = (typeof networks)[number];

const always = ['ca-certificates', 'e2fsprogs', 'iproute2', 'nftables', 'procps'];
const byDriver = {
  // busybox (either package) is the relay of a forward.
  qemu: {
    x64: ['busybox|busybox-static', 'qemu-system-x86'],
    arm64: ['busybox|busybox-static', 'qemu-system-arm'],
  },
  firecracker: { x64: [], arm64: [] },
} as const;

/** @param hasDisk its file system has quotas, which are set by a program. */
export function packagesFor(driver: DriverName, arch: 'x64' | 'arm64', hasDisk: boolean): readonly string[] {
  return [...always, ...byDriver[driver][arch], ...(hasDisk ? ['quota'] : [])].sort();
}
