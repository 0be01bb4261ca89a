/**
 * Changes a host into one that runs the agent, and back. Each act may be done twice. All throw SetupError with what was done
 * to what, and what the program said.
 */
export interface HostSetup {
  facts(): Promise<SetupFacts>;

  /** Undefined when there is no such block device. */
  disk(device: string): Promise<DiskFacts | undefined>;
  /** Makes ext4 with this UUID, with quotas; whatever was there is lost. */
  makeFileSystem(disk: { device: string; uuid: string; label: string }): Promise<void>;
  /** Whether the kernel mounts this file system with quotas in force. */
  takesQuotas(uuid: string): Promise<boolean>;
  /** Takes away what says that there is a file system. */
  blankDisk(uuid: string): Promise<void>;

  /** Those of the Debian packages that are not installed; `a|b` is there when either is, and `a` is the one missing. */
  missingPackages(names: readonly string[]): Promise<readonly string[]>;
  installPackages(names: readonly string[]): Promise<void>;

  /** Unpacks beside where versions lie, and compares every file with the manifest. Whoever calls it places or removes it. */
  unpack(source: ArchiveSource): Promise<UnpackedArchive>;
  /**
   * Puts Firecracker and its jailer where they belong; without a source what lies there, or else the release that the
   * driver is written for.
   * @returns the release, and whether it is another than before.
   */
  placeFirecracker(source: FirecrackerSource | undefined): Promise<{ version: string; placed: boolean }>;
  /** Puts it where versions lie, in place of an older one of the same version. False when the same files lay there. */
  placeVersion(archive: UnpackedArchive): Promise<boolean>;
  /** Removes versions but these, and what earlier runs left unfinished. */
  keepVersions(versions: readonly string[]): Promise<void>;
  /** Where the link `current` leads. */
  currentVersion(): Promise<string | undefined>;

  read(path: string): Promise<string | undefined>;
  /** Makes the folders above it. False when it was the same already, mode and all. */
  write(file: SetupFile): Promise<boolean>;
  makeFolder(path: string, mode: number): Promise<void>;
  /** Points a symbolic link; false when it did already. @throws when a file that is no link is in its place. */
  link(path: string, target: string): Promise<boolean>;
  /** With all below it, but never into another file system. What is not there is success. */
  remove(path: string): Promise<void>;
  isEmpty(folder: string): Promise<boolean>;
  isMountPoint(folder: string): Promise<boolean>;

  systemctl(...args: readonly string[]): Promise<string>;
  /** How the service fares: systemd's ActiveState, its main process, and what it wrote last. */
  service(name: string): Promise<{ state: string; pid: number; words: string }>;

  /** The VMs that run here. */
  runningVms(): Promise<readonly string[]>;
  /** Ends their processes, jobs and all. */
  killVms(): Promise<void>;
  /** Taps, tables, addresses and control groups of VMs. Tells what it took away. */
  removeVmTraces(): Promise<readonly string[]>;
}

export interface SetupFacts {
  isRoot: boolean;
  /** Whether systemd is the first process. */
  systemd: boolean;
  /** As Node names it. */
  arch: string;
  /** As /etc/os-release says, such as `debian 12`. */
  distribution: string;
  /** Whether packages are installed by apt here. */
  apt: boolean;
}

export interface DiskFacts {
  /** The device itself, whatever link it was named by. */
  device: string;
  bytes: number;
  readOnly: boolean;
  /** Where it, or something on it, is mounted; `[SWAP]` for swap. */
  mountedAt: readonly string[];
  /** What is on it, in words for people: file systems, partitions, signatures, bytes that nobody knows. */
  contents: readonly string[];
  /** Of the file system on the device itself. */
  uuid: string | undefined;
}

/** A file here, a folder that holds an unpacked one, or a server that gives archives away. */
export type ArchiveSource =
  | { kind: 'archive'; path: string }
  | { kind: 'folder'; path: string }
  | { kind: 'downloads'; url: string };

/** An archive (.tgz) of Firecracker's project; its checksum lies beside it, in a file that ends with `.sha256.txt`. */
export type FirecrackerSource = { kind: 'archive'; path: string } | { kind: 'downloads'; url: string };

export interface UnpackedArchive {
  folder: string;
  version: string;
  arch: string;
}

export interface SetupFile {
  path: string;
  text: string;
  mode: number;
}

export class SetupError extends Error {
  override readonly name = 'SetupError';
}
