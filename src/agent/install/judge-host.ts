// Whether an installation can go well, before anything is changed: all that stands against it at once.

import type { DiskFacts, SetupFacts } from '../../ports/host-setup.ts';
import { places } from './places.ts';

/** VMs' disks are sparse, but an image alone is more than a gigabyte. */
const minimumDiskBytes = 2 ** 31 - 2 ** 26;

export function hostProblems(facts: SetupFacts): string[] {
  const problems: string[] = [];
  if (!facts.isRoot) problems.push('this must run as root: put sudo before it');
  if (!facts.systemd)
    problems.push(
      'systemd is not the first process here, so no service can be made; run `bellows agent` by your own means',
    );
  if (facts.arch !== 'x64' && facts.arch !== 'arm64')
    problems.push(`this host's processor is ${facts.arch}; the agent runs on x64 and arm64`);
  if (!facts.apt)
    problems.push(
      `this is ${facts.distribution}; the installation knows Debian and Ubuntu, where apt-get installs packages`,
    );
  const oldest = tooOld(facts.distribution);
  if (facts.apt && oldest !== undefined)
    problems.push(`this is ${facts.distribution}; the agent needs ${oldest} or newer`);
  return problems;
}

/** Older ones lack control groups v2 as they are by default, or a kernel that Firecracker and the firewall need. */
const oldestReleases: Readonly<Record<string, number>> = { debian: 12, ubuntu: 22.04 };

/** The oldest release that will do, when this is an older one. A distribution made from these is not known by its number. */
function tooOld(distribution: string): string | undefined {
  const [name = '', version = ''] = distribution.split(' ');
  const oldest = oldestReleases[name];
  return oldest !== undefined && Number(version) < oldest ? `${name} ${oldest}` : undefined;
}

export interface DiskWish {
  device: string;
  /** Undefined when there is no such device. */
  found: DiskFacts | undefined;
  /** The file system that an earlier run made. */
  ours: string | undefined;
  force: boolean;
  /** Whether the state folder holds anything that the disk would hide. */
  stateIsEmpty: boolean;
}

export type DiskVerdict = { do: 'format' } | { do: 'keep' } | { do: 'refuse'; why: string };

/** A disk with data is the one thing that nobody can give back. */
export function judgeDisk({ device, found, ours, force, stateIsEmpty }: DiskWish): DiskVerdict {
  const refuse = (why: string): DiskVerdict => ({ do: 'refuse', why: `${device} ${why}` });
  if (found === undefined) return refuse('is no disk of this host: `lsblk` shows which there are');
  if (ours !== undefined && found.uuid === ours) return { do: 'keep' };
  if (found.mountedAt.length > 0)
    return refuse(`is in use (${found.mountedAt.join(', ')}), which --force does not change`);
  if (found.readOnly) return refuse('cannot be written to');
  if (found.bytes < minimumDiskBytes)
    return refuse(`has ${Math.round(found.bytes / 1e6)} MB; 2 GiB is the least`);
  if (found.contents.length > 0 && !force)
    return refuse(`is not empty: ${found.contents.join('; ')}. With --force all of it is lost`);
  if (!stateIsEmpty)
    return refuse(
      `cannot be mounted at ${places.state}, where an agent's state lies already: \`bellows agent uninstall\` first`,
    );
  return { do: 'format' };
}
