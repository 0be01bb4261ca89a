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
    const newest = bytes.subarray(-Math.floor(this.#limitBytes / 2));
    let size = this.#size ?? (await sizeOf(this.#path));
    if (size + newest.length > this.#limitBytes) size = await this.#keepNewerHalf(size);
    await appendFile(this.#path, newest, { mode: 0o600 });
    this.#size = size + newest.length;
  }

  async #keepNewerHalf(size: number): Promise<number> {
    const kept = Math.min(size, Math.floor(this.#limitBytes / 2) - note.length);
    const file = await open(this.#path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(kept), 0, kept, size - kept);
    await file.close();
    const coming = `${this.#path}.coming`;
    await writeFile(coming, Buffer.concat([note, buffer.subarray(0, bytesRead)]), { mode: 0o600 });
    await rename(coming, this.#path);
    return note.length + bytesRead;
  }
}

const note = Buffer.from('[earlier output was left out]\n');

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
