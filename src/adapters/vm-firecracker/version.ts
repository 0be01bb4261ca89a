// Firecracker refuses a request for one field that it does not know (its structures say `deny_unknown_fields`), so what is
// sent depends on the version that answers. This table is all that the driver knows about versions.

/** Of a release, as `[1, 16]`: a patch release adds no field. */
export type Version = readonly [major: number, minor: number];

export interface Features {
  /** `--enable-pci`. */
  pci: boolean;
  /** Firecracker itself adds `pci=off` to the kernel's words when its bus is off. */
  addsPciOff: boolean;
  /** `PUT /serial`; before it the serial console goes to standard output. */
  serialFile: boolean;
  serialRateLimiter: boolean;
  /** `free_page_reporting` of the balloon. */
  freePageReporting: boolean;
  /** `mtu` of a network interface. */
  mtu: boolean;
  /** An x86 kernel may be a bzImage. */
  bzImage: boolean;
}

/** The release that each came with (firecracker/CHANGELOG.md and firecracker/src/firecracker/swagger/firecracker.yaml). */
const since: Readonly<Record<keyof Features, Version>> = {
  pci: [1, 13],
  addsPciOff: [1, 13],
  serialFile: [1, 14],
  freePageReporting: [1, 14],
  serialRateLimiter: [1, 16],
  mtu: [1, 16],
  bzImage: [1, 17],
};

/** Older ones were never tried, not even in play. */
export const oldestVersion: Version = [1, 10];

/** Of `1.16.1`, `v1.17.0-dev` or `Firecracker v1.16.1`; undefined when there is none in it. */
export function versionIn(text: string): Version | undefined {
  const [, major, minor] = /(?:^|[\sv])(\d+)\.(\d+)\.\d+/.exec(text) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

export function featuresOf(version: Version): Features {
  const has = (feature: keyof Features): boolean => !isOlder(version, since[feature]);
  return {
    pci: has('pci'),
    addsPciOff: has('addsPciOff'),
    serialFile: has('serialFile'),
    serialRateLimiter: has('serialRateLimiter'),
    freePageReporting: has('freePageReporting'),
    mtu: has('mtu'),
    bzImage: has('bzImage'),
  };
}

export function isOlder([major, minor]: Version, than: Version): boolean {
  return major < than[0] || (major === than[0] && minor < than[1]);
}
