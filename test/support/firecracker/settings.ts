// What the stand-in programs are told by whoever writes them: the release that they play, and what is to go wrong.

export const releases = { '1.10': '1.10.1', '1.14': '1.14.2', '1.16': '1.16.1', '1.17': '1.17.0' } as const;

export type Release = keyof typeof releases;

export interface StandInSettings {
  release: Release;
  /** A file with the API's description, made by `writeDescription`. */
  description: string;
  /** A file with `Faults`, read at each start. */
  faults: string;
  /** Plays the mount point of cgroup v2. */
  cgroupRoot: string;
}

export interface Faults {
  /** The API socket never appears. */
  neverListens?: boolean;
  /** These calls, as `PUT /vsock`, are never answered. */
  hangsAt?: string;
  refuses?: { call: string; fault: string };
  diesAt?: { call: string; how: number | NodeJS.Signals };
  /** `InstanceStart` fails, and the process stays. */
  bootFails?: string;
  /** No tap device exists. */
  tapMissing?: boolean;
  /** What `GET /version` says instead of the release. */
  apiVersion?: string;
  /** The jailer does not find the control group. */
  cgroupOverlooked?: boolean;
  /** The jailer waits so long before it does anything. */
  jailerSleepsMs?: number;
  /** From the start of the machine to a guest that listens. */
  guestListensAfterMs?: number;
}

export function isAtLeast(release: Release, since: Release | '1.13'): boolean {
  return Number(release.split('.')[1]) >= Number(since.split('.')[1]);
}
