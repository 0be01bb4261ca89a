import { appendFile, open, rename, stat, writeFile } from 'node:fs/promises';

/** A guest's console, at most: boot messages are 40 kB, and what matters of a flood is its end. */
export const consoleLimitBytes = 1024 * 1024;

/**
 * A file that keeps the newest output of a source that nobody can be sure of. It never grows beyond `limitBytes`: when it
 * would, its older half goes.
 */
export class BoundedLog {
  readonly #path: string;
  readonly #limitBytes: number;
  #size: number | undefined;

  constructor(path: string, limitBytes = consoleLimitBytes) {
    this.#path = path;
    this.#limitBytes = limitBytes;
  }

  /** Calls must not overlap. */
  async append(bytes: Uint8Array): Promise<void> {
    const half = Math.floor(this.#limitBytes / 2);
    const size = this.#size ?? (await sizeOf(this.#path));
    if (size + bytes.length <= this.#limitBytes) {
      await appendFile(this.#path, bytes, { mode: 0o600 });
      this.#size = size + bytes.length;
      return;
    }
    const newest = bytes.subarray(-half);
    // With the note at its front the whole stays within the limit.
    const older = await readEnd(this.#path, size, Math.max(0, half - note.length - newest.length));
    const kept = Buffer.concat([note, newest.length < bytes.length ? Buffer.alloc(0) : older, newest]);
    const coming = `${this.#path}.coming`;
    await writeFile(coming, kept, { mode: 0o600 });
    await rename(coming, this.#path);
    this.#size = kept.length;
  }
}

const note = Buffer.from('[earlier output was left out]\n');

async function readEnd(path: string, size: number, wanted: number): Promise<Buffer> {
  const length = Math.min(size, wanted);
  if (length === 0) return Buffer.alloc(0);
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
