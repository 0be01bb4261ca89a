import type { DurationMs } from '../domain/time.ts';

/**
 * What a host says of itself, for whoever judges whether it is fit. Nothing here changes the host but `writeSpeed`, which
 * removes its file again. A question never throws: that something is not there is an answer, and that it cannot be seen is
 * another.
 */
export interface FactSource {
  /** A text file, at most 1 MiB of it. */
  text(path: string): Promise<Fact<string>>;
  /** The names in a folder, sorted. */
  names(path: string): Promise<Fact<readonly string[]>>;
  /** What a path is and whose, symbolic links followed. */
  mark(path: string): Promise<Fact<FileMark>>;
  /** The path with all symbolic links followed. */
  realPath(path: string): Promise<Fact<string>>;
  /** Whether a file can be opened for reading and writing; hidden when its permissions forbid it. */
  opens(path: string): Promise<Fact<'opened'>>;
  /** What a program prints; absent when there is no such program. It is ended after ten seconds. */
  run(program: string, args: readonly string[]): Promise<Fact<ProgramOutput>>;
  /** Room on the file system of the path, or of the nearest folder above it that is there. */
  room(path: string): Promise<Fact<Room>>;
  /** Writes 16 MiB into a file in the folder, syncing each MiB, and removes it. */
  writeSpeed(folder: string): Promise<Fact<WriteSpeed>>;
  /** The addresses of a name, by the host's own resolver. */
  lookUp(name: string): Promise<Reached>;
  /** Opens a TCP connection and closes it. */
  connect(host: string, port: number): Promise<Reached>;
  /** Gets an `http:` or `https:` address; its body is not read. */
  get(url: string): Promise<HttpReached>;
  /** The user id of this process. */
  userId(): number;
}

export type Fact<T> =
  | { kind: 'seen'; value: T }
  | { kind: 'absent' }
  /** It may be there; `why` it cannot be seen, for people. */
  | { kind: 'hidden'; why: string };

export interface FileMark {
  kind: 'file' | 'folder' | 'character-device' | 'other';
  uid: number;
  gid: number;
  /** Permission bits with sticky and set-id bits. */
  mode: number;
}

export interface ProgramOutput {
  /** -1 when a signal ended it. */
  code: number;
  out: string;
  err: string;
}

export interface Room {
  bytes: number;
  freeBytes: number;
  /** 0 on file systems that do not count them. */
  inodes: number;
  freeInodes: number;
}

export interface WriteSpeed {
  bytesPerSecond: number;
  /** The slowest sync of a MiB. */
  worstSyncMs: DurationMs;
}

export type Reached = { ok: true; ms: DurationMs; detail: string } | { ok: false; why: string };

export type HttpReached =
  | {
      ok: true;
      ms: DurationMs;
      status: number;
      /** The server's clock less ours, to a second, when it told its own. */
      skewMs: DurationMs | undefined;
    }
  | { ok: false; why: string };
