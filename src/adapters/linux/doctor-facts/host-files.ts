import { open, readdir, realpath, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Fact, FileMark, Room } from '../../../ports/host-facts.ts';
import { factOf } from './fact-of.ts';

const maxBytes = 1024 ** 2;

/** Files below a root. Paths are given, and told, as if the root were `/`. */
export class HostFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  placeOf(path: string): string {
    return join(this.#root, path);
  }

  text(path: string): Promise<Fact<string>> {
    return factOf(path, async () => {
      const file = await open(this.placeOf(path), 'r');
      try {
        return await readUpTo(file, maxBytes);
      } finally {
        await file.close();
      }
    });
  }

  names(path: string): Promise<Fact<readonly string[]>> {
    return factOf(path, async () => (await readdir(this.placeOf(path))).sort());
  }

  mark(path: string): Promise<Fact<FileMark>> {
    return factOf(path, async () => {
      const seen = await stat(this.placeOf(path));
      const kind = seen.isFile()
        ? 'file'
        : seen.isDirectory()
          ? 'folder'
          : seen.isCharacterDevice()
            ? 'character-device'
            : 'other';
      return { kind, uid: seen.uid, gid: seen.gid, mode: seen.mode & 0o7777 };
    });
  }

  realPath(path: string): Promise<Fact<string>> {
    return factOf(path, async () => {
      const real = await realpath(this.placeOf(path));
      return this.#root === '/' ? real : join('/', real.slice(this.#root.length));
    });
  }

  opens(path: string): Promise<Fact<'opened'>> {
    return factOf(path, async () => {
      const file = await open(this.placeOf(path), 'r+');
      await file.close();
      return 'opened' as const;
    });
  }

  room(path: string): Promise<Fact<Room>> {
    return factOf(path, async () => {
      const seen = await statfs(await nearest(this.placeOf(path)));
      return {
        bytes: seen.blocks * seen.bsize,
        freeBytes: seen.bavail * seen.bsize,
        inodes: seen.files,
        freeInodes: seen.ffree,
      };
    });
  }
}

/** Sizes in /proc are told as 0, so it is read until nothing comes. */
async function readUpTo(file: Awaited<ReturnType<typeof open>>, max: number): Promise<string> {
  const buffer = Buffer.alloc(max);
  let length = 0;
  while (length < max) {
    const { bytesRead } = await file.read(buffer, length, max - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.toString('utf8', 0, length);
}

/** The path itself, or the nearest folder above it that is there. */
async function nearest(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    try {
      await stat(at);
      return at;
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isMissing || at === dirname(at)) throw error;
    }
  }
}
