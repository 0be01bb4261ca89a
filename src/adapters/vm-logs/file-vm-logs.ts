// Logs of VMs as files: for each VM one that is written, and the one before it. Lines are written in the order in which they
// came, many at once, and whole: a torn one can only be the last of a file, and is ended before the next.

import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type VmId, vmId } from '../../domain/ids.ts';
import { type DurationMs, days, toIso } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { VmLogs } from '../../ports/vm-logs.ts';
import { PendingLines } from './pending-lines.ts';

export interface FileVmLogsOptions {
  folder: string;
  clock: Pick<Clock, 'now'>;
  log: Log;
  /** At most so much of one VM: half of it in the file that is written. */
  vmBytes?: number;
  /** At most so much of all VMs that are gone. */
  totalBytes?: number;
  /** Since the last line. */
  ageMs?: DurationMs;
}

const mebi = 1024 ** 2;

export class FileVmLogs implements VmLogs {
  readonly #options: Required<FileVmLogsOptions>;
  readonly #pending = new PendingLines();
  #writing: Promise<void> | undefined;
  /** Sizes of the files that this process has written to. */
  readonly #sizes = new Map<VmId, number>();
  #failing = false;

  constructor(options: FileVmLogsOptions) {
    this.#options = { vmBytes: mebi, totalBytes: 256 * mebi, ageMs: days(7), ...options };
  }

  add(vm: VmId, line: string): void {
    this.#pending.add(vm, line);
    this.#writing ??= this.#write();
  }

  async read(vm: VmId): Promise<readonly string[]> {
    await this.#writing;
    const texts = await Promise.all(
      [readFile(this.#before(vm), 'utf8'), readFile(this.#now(vm), 'utf8')].map(orNothing),
    );
    return texts.flatMap((text) => wholeLines(text ?? ''));
  }

  async sweep(living: ReadonlySet<VmId>): Promise<void> {
    const { ageMs, totalBytes, clock } = this.#options;
    const old = (await this.#kept()).filter(({ vm }) => !living.has(vm)).sort((a, b) => b.at - a.at);
    let bytes = 0;
    for (const { vm, at, size } of old) {
      bytes += size;
      if (clock.now() - at < ageMs && bytes <= totalBytes) continue;
      this.#sizes.delete(vm);
      await Promise.all([this.#before(vm), this.#now(vm)].map((path) => rm(path, { force: true })));
    }
  }

  /** Writes until nothing is left to write. Never rejects. */
  async #write(): Promise<void> {
    // What is added in the same turn is written together.
    await Promise.resolve();
    for (let next = this.#pending.take(); next !== undefined; next = this.#pending.take()) {
      const { vm, lines, lost } = next;
      const words = `${toIso(this.#options.clock.now())} host: ${lost} lines of this log were lost: it could not be written`;
      try {
        await this.#append(vm, [...(lost > 0 ? [words] : []), ...lines]);
        this.#hasWritten();
      } catch (error) {
        // What is in the file now is not known, and looked for before the next try.
        this.#sizes.delete(vm);
        this.#pending.lose(vm, lost + lines.length);
        this.#cannotWrite(error);
      }
    }
    this.#writing = undefined;
  }

  async #append(vm: VmId, lines: readonly string[]): Promise<void> {
    const path = this.#now(vm);
    const known = this.#sizes.get(vm);
    const { size, torn } = known === undefined ? await this.#look(path) : { size: known, torn: false };
    const text = Buffer.from(`${torn ? '\n' : ''}${lines.map((line) => `${line}\n`).join('')}`);
    const isFull = size > 0 && size + text.length > this.#options.vmBytes / 2;
    if (isFull) await rename(path, this.#before(vm));
    await appendFile(path, text, { mode: 0o600 });
    this.#sizes.set(vm, isFull ? text.length : size + text.length);
  }

  /** How long the file is, and whether its last line was cut off. */
  async #look(path: string): Promise<{ size: number; torn: boolean }> {
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
    const file = await orNothing(open(path, 'r'));
    if (file === undefined) return { size: 0, torn: false };
    try {
      const { size } = await file.stat();
      if (size === 0) return { size, torn: false };
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
      return { size, torn: buffer[0] !== 10 };
    } finally {
      await file.close();
    }
  }

  async #kept(): Promise<{ vm: VmId; at: number; size: number }[]> {
    const names = (await orNothing(readdir(this.#options.folder))) ?? [];
    const files = await Promise.all(
      names.flatMap((name) => {
        const vm = /^(vm-[0-9a-z]+)\.log(\.1)?$/.exec(name)?.[1];
        if (vm === undefined) return [];
        const found = orNothing(stat(join(this.#options.folder, name)));
        return [found.then((seen) => ({ vm: vmId(vm), at: seen?.mtimeMs ?? 0, size: seen?.size ?? 0 }))];
      }),
    );
    return [...Map.groupBy(files, ({ vm }) => vm)].map(([vm, parts]) => ({
      vm,
      at: Math.max(...parts.map(({ at }) => at)),
      size: parts.reduce((sum, { size }) => sum + size, 0),
    }));
  }

  #cannotWrite(error: unknown): void {
    if (!this.#failing) this.#options.log.error('logs of VMs cannot be written; the VMs go on', { error });
    this.#failing = true;
  }

  #hasWritten(): void {
    if (this.#failing) this.#options.log.info('logs of VMs are written again');
    this.#failing = false;
  }

  #now(vm: VmId): string {
    return join(this.#options.folder, `${vm}.log`);
  }

  #before(vm: VmId): string {
    return join(this.#options.folder, `${vm}.log.1`);
  }
}

const wholeLines = (text: string): string[] => text.split('\n').slice(0, -1).filter(isTimed);

/** The end of a line whose beginning was cut off is none. */
const isTimed = (line: string): boolean => /^\d{4}-\d\d-\d\dT[\d:.]+Z /.test(line);

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
