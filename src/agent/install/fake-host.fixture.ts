// A host in memory that remembers what was done to it.

import type { DiskFacts, HostSetup, SetupFacts, UnpackedArchive } from '../../ports/host-setup.ts';
import type { InstallDeps } from './install.ts';
import { currentLink } from './places.ts';

export interface FakeHost {
  facts: SetupFacts;
  files: Map<string, { text: string; mode: number }>;
  links: Map<string, string>;
  folders: Set<string>;
  installed: Set<string>;
  disks: Map<string, DiskFacts>;
  mounted: boolean;
  versions: string[];
  archive: Omit<UnpackedArchive, 'folder'>;
  /** The release of Firecracker that lies there. */
  firecracker: string | undefined;
  /** By unit: whether it is running. */
  running: Set<string>;
  vms: string[];
  enrolled: string | undefined;
  /** Everything that changes the host, in order. */
  acts: string[];
  /** The act at which the next run is cut short. */
  failAt: string | undefined;
  said: string[];
}

export function fakeHost(): FakeHost {
  return {
    facts: { isRoot: true, systemd: true, arch: 'x64', distribution: 'debian 12', apt: true },
    files: new Map(),
    links: new Map(),
    folders: new Set(),
    installed: new Set(['ca-certificates', 'e2fsprogs', 'iproute2', 'procps', 'busybox']),
    disks: new Map(),
    mounted: false,
    versions: [],
    archive: { version: '1.0.0', arch: 'x64' },
    firecracker: undefined,
    running: new Set(),
    vms: [],
    enrolled: undefined,
    acts: [],
    failAt: undefined,
    said: [],
  };
}

export const emptyDisk = (device: string): DiskFacts => ({
  device,
  bytes: 100e9,
  readOnly: false,
  mountedAt: [],
  contents: [],
  uuid: undefined,
});

export function depsOf(host: FakeHost): InstallDeps {
  let uuids = 0;
  const act = (what: string): void => {
    if (host.failAt !== undefined && what.startsWith(host.failAt)) throw new Error(`cut short at ${what}`);
    host.acts.push(what);
  };
  return {
    setup: setupOf(host, act),
    newUuid: () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, '0')}`,
    demandServer: async () => undefined,
    isEnrolled: async (url) => host.enrolled === url,
    enrol: async (url) => {
      act('enrol');
      host.enrolled = url;
    },
    say: (line) => void host.said.push(line),
  };
}

function setupOf(host: FakeHost, act: (what: string) => void): HostSetup {
  return {
    facts: async () => host.facts,
    ...diskActs(host, act),
    missingPackages: async (names) =>
      names.flatMap((name) =>
        name.split('|').some((one) => host.installed.has(one)) ? [] : [name.split('|')[0] ?? name],
      ),
    installPackages: async (names) => {
      act(`packages ${names.join(' ')}`);
      for (const name of names) host.installed.add(name);
    },
    unpack: async () => ({ ...host.archive, folder: '/opt/bellows/.coming' }),
    placeFirecracker: async (source) => {
      const version = source === undefined ? (host.firecracker ?? 'v1.16.1') : 'v1.17.0';
      const placed = version !== host.firecracker;
      if (placed) act(`firecracker ${version}`);
      host.firecracker = version;
      return { version, placed };
    },
    placeVersion: async ({ version }) => {
      if (host.versions.includes(version)) return false;
      act(`version ${version}`);
      host.versions.push(version);
      return true;
    },
    keepVersions: async (names) => {
      host.versions = host.versions.filter((version) => names.includes(version));
    },
    currentVersion: async () => host.links.get(currentLink),
    read: async (path) => host.files.get(path)?.text,
    write: async ({ path, text, mode }) => {
      const there = host.files.get(path);
      if (there?.text === text && there.mode === mode) return false;
      act(`write ${path}`);
      host.files.set(path, { text, mode });
      return true;
    },
    makeFolder: async (path) => void host.folders.add(path),
    link: async (path, target) => {
      if (host.links.get(path) === target) return false;
      act(`link ${path}`);
      host.links.set(path, target);
      return true;
    },
    remove: async (path) => {
      for (const all of [host.files, host.links])
        for (const key of all.keys()) if (key === path || key.startsWith(`${path}/`)) all.delete(key);
      for (const key of host.folders)
        if (key === path || key.startsWith(`${path}/`)) host.folders.delete(key);
    },
    systemctl: async (...args) => {
      const unit = args.at(-1) ?? '';
      if (args[0] === 'restart' || args.includes('enable')) act(args.join(' '));
      if (args[0] === 'restart') host.running.add(unit);
      if (args[0] === 'disable') host.running.delete(unit);
      return '';
    },
    service: async (name) => ({
      state: host.running.has(name) ? 'active' : 'inactive',
      pid: 7,
      words: 'last words',
    }),
    runningVms: async () => host.vms,
    killVms: async () => {
      if (host.vms.length > 0) act('kill VMs');
      host.vms = [];
    },
    removeVmTraces: async () => [],
  };
}

function diskActs(host: FakeHost, act: (what: string) => void) {
  return {
    disk: async (device: string) => host.disks.get(device),
    makeFileSystem: async ({ device, uuid }: { device: string; uuid: string }) => {
      act(`mkfs ${device}`);
      host.disks.set(device, { ...emptyDisk(device), contents: ['ext4 "bellows"'], uuid });
    },
    takesQuotas: async () => true,
    blankDisk: async (uuid: string) => {
      for (const [device, disk] of host.disks)
        if (disk.uuid === uuid) host.disks.set(device, emptyDisk(device));
    },
    isEmpty: async (folder: string) => ![...host.folders].some((path) => path.startsWith(`${folder}/`)),
    isMountPoint: async () => host.mounted,
  };
}
