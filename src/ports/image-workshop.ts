import type { DurationMs } from '../domain/time.ts';

/** The place where an image is made: programs of the host, and files. Paths are absolute. */
export interface ImageWorkshop {
  /** Whether trees with files of many owners can be made only inside a user namespace. */
  readonly rootless: boolean;
  /** Those of the programs that this host has not. */
  missing(programs: readonly string[]): Promise<readonly string[]>;
  /** The host's release and the files that say where it gets its packages. */
  host(): Promise<{
    distribution: string;
    codename: string;
    aptSources: readonly { path: string; content: string }[];
  }>;
  /** @throws CommandError when it ends with another code than 0. */
  run(command: Command): Promise<void>;
  /** A new folder that only this build uses. */
  newFolder(): Promise<string>;
  /** Removes the folder and all below it, whoever owns it. What is not there is success. */
  remove(path: string): Promise<void>;
  read(path: string): Promise<Uint8Array>;
  /** Makes the folders above it if missing. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** What lies in a folder, sorted. */
  names(folder: string): Promise<readonly string[]>;
  /** Moves a finished file to its place; whoever looks there sees it whole or not at all. */
  place(from: string, to: string): Promise<void>;
  /** SHA-256 in hex, of a file or of all files below a folder with their names. */
  digest(path: string): Promise<string>;
  /**
   * Removes from the cache folder what begins with `prefix`, but for `kept` and what was touched within a day: another build
   * may be at it.
   */
  forgetOld(prefix: string, kept: string): Promise<void>;
  /** Where what can be made again is kept between builds; made if missing. */
  readonly cacheFolder: string;
}

export interface Command {
  program: string;
  args: readonly string[];
  /** Run as the owner of all files in a tree: as root, or as root of a user namespace when rootless. */
  asOwner?: boolean;
  /** Gets each line of output. */
  onLine?: (line: string) => void;
  signal?: AbortSignal;
  timeoutMs?: DurationMs;
}

/** A program ended badly. The message holds its name and the last lines that it wrote. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
