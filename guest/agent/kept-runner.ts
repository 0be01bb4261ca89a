// What a guest agent that died leaves to the next one: which process its runner is, and what it has said. The runner writes
// into a file, since a pipe would end with the agent; the file is in memory, as all of this. A configuration starts one runner
// only, also when an agent died over starting it (I2).

import { closeSync, existsSync, openSync, readFileSync, readSync, watch, writeFileSync } from 'node:fs';
import { LineSplitter } from '../../src/wire/guest-protocol/line-splitter.ts';

/** A process id comes again; with its start time it is one process. */
export interface KeptProcess {
  pid: number;
  /** Clock ticks since the boot (proc(5), /proc/pid/stat, field 22). */
  startTicks: string;
}

export class RunnerKeeper {
  readonly #folder: string;
  readonly #proc: string;

  constructor(folder: string, proc: string) {
    this.#folder = folder;
    this.#proc = proc;
  }

  /** Whether an earlier agent of this boot began to start a runner. */
  get begun(): boolean {
    return existsSync(`${this.#folder}/begun`);
  }

  /** To be called before a runner is started. @returns a file for what it says. */
  begin(): number {
    writeFileSync(`${this.#folder}/begun`, '');
    return openSync(this.#lines, 'a', 0o600);
  }

  /** To be called at once when it has started. */
  started(pid: number): void {
    const startTicks = startOf(this.#proc, pid);
    if (startTicks !== undefined)
      writeFileSync(`${this.#folder}/process`, JSON.stringify({ pid, startTicks } satisfies KeptProcess));
  }

  /** The runner of an earlier agent; undefined when that one died before it knew it. */
  process(): KeptProcess | undefined {
    const path = `${this.#folder}/process`;
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  }

  lives({ pid, startTicks }: KeptProcess): boolean {
    return startOf(this.#proc, pid) === startTicks;
  }

  /**
   * Gives what the runner says, from its first line on, as it comes; nothing before the caller has gone on.
   * @param hasOld an earlier agent may have heard what is there by now.
   */
  follow(onLine: (line: string, isOld: boolean) => void, hasOld: boolean): { end(): void } {
    const file = openSync(this.#lines, 'r');
    const splitter = new LineSplitter(8192);
    const bytes = Buffer.alloc(16 * 1024);
    let isOld = hasOld;
    let ended = false;
    const look = (): void => {
      if (ended) return;
      for (let length = readSync(file, bytes); length > 0; length = readSync(file, bytes))
        for (const line of splitter.feed(bytes.subarray(0, length))) onLine(line, isOld);
      isOld = false;
    };
    const watcher = watch(this.#lines, look);
    setImmediate(look);
    return {
      end() {
        watcher.close();
        look();
        for (const line of splitter.end()) onLine(line, false);
        ended = true;
        closeSync(file);
      },
    };
  }

  get #lines(): string {
    return `${this.#folder}/lines`;
  }
}

/** When this process started; undefined when it is gone, or has ended and waits to be reaped. */
function startOf(proc: string, pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`${proc}/${pid}/stat`, 'latin1');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
  // Its name stands in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}
