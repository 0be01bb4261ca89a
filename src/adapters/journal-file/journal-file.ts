// A journal as a file of JSON lines. A line counts when its end is on disk: what a crash or a full disk cut off is cut away
// before the next line is written, so that a torn line can only be the last.

import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Journal } from '../../ports/journal.ts';

export class JournalFile implements Journal {
  readonly #path: string;
  #file: FileHandle;
  /** Of the lines that count, in bytes. */
  #size: number;
  readonly #entries: readonly unknown[];
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, size: number, entries: readonly unknown[]) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
    this.#entries = entries;
  }

  /**
   * Opens the journal, made empty when there is none. One process at a time may have it open: the caller sees to that.
   * @throws when a line other than the last cannot be read.
   */
  static async open(path: string): Promise<JournalFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rm(partOf(path), { force: true });
    const file = await open(path, 'a+', 0o600);
    try {
      const bytes = await file.readFile();
      const end = bytes.lastIndexOf(10) + 1;
      const entries = parse(path, bytes.subarray(0, end).toString('utf8'));
      if (end < bytes.length) {
        await file.truncate(end);
        await file.sync();
      }
      await syncFolder(path);
      return new JournalFile(path, file, end, entries);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** What was there when it was opened. */
  async read(): Promise<readonly unknown[]> {
    return this.#entries;
  }

  append(entries: readonly object[]): Promise<void> {
    return this.#inTurn(async () => {
      const bytes = linesOf(entries);
      try {
        // What an earlier failure left behind the last whole line.
        if ((await this.#file.stat()).size !== this.#size) await this.#file.truncate(this.#size);
        await this.#file.appendFile(bytes);
        await this.#file.datasync();
      } catch (cause) {
        throw new Error(`cannot write to the journal ${this.#path}`, { cause });
      }
      this.#size += bytes.length;
    });
  }

  replace(entries: readonly object[]): Promise<void> {
    return this.#inTurn(async () => {
      const bytes = linesOf(entries);
      const part = partOf(this.#path);
      try {
        await rm(part, { force: true });
        const file = await open(part, 'a+', 0o600);
        try {
          await file.appendFile(bytes);
          await file.sync();
          await rename(part, this.#path);
        } catch (error) {
          await file.close();
          throw error;
        }
        await this.#file.close();
        this.#file = file;
        this.#size = bytes.length;
        await syncFolder(this.#path);
      } catch (cause) {
        throw new Error(`cannot rewrite the journal ${this.#path}`, { cause });
      }
    });
  }

  /** Waits for what is under way. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#file.close());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }
}

const partOf = (path: string): string => `${path}.part`;

function linesOf(entries: readonly object[]): Buffer {
  return Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

function parse(path: string, text: string): unknown[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, index): unknown => {
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw new Error(
        `line ${index + 1} of the journal ${path} cannot be read: the disk may be failing; move the file away to start afresh, and running VMs will be kept as strangers`,
        { cause },
      );
    }
  });
}

/** A new name is on disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
