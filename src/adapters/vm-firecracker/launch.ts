import { type ChildProcess, spawn } from 'node:child_process';
import { close } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VmEnd } from '../../ports/vm-driver.ts';
import type { BoundedOutput } from './driver-options.ts';
import { endOfCode, endOfSignal } from './exit-words.ts';
import type { VmPlace } from './jail.ts';
import { holdPipe, type WatchedPipe, watchPipe } from './pipes.ts';

export interface Launched {
  child: ChildProcess;
  /** The process has ended, and what it said is in its files. Never rejects. */
  exit: Promise<VmEnd>;
  pipes: { console: WatchedPipe; log: WatchedPipe };
  /** Firecracker has opened its pipes itself by now. */
  isUp(): void;
}

export interface LaunchOptions {
  jailer: string;
  arguments: readonly string[];
  place: VmPlace;
  consoleOutput: BoundedOutput;
  logOutput: BoundedOutput;
  /** Before Firecracker could be told of a file for the serial console, it went to its standard output. */
  consoleToStandardOutput: boolean;
  cgroup: string | undefined;
}

/** After a VMM has ended, what somebody else might hold open is not waited for longer. */
const lastWordsMs = 2000;

/** Starts the jailer, in a session of its own: it outlives the agent. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { place } = options;
  const held = [await holdPipe(place.pipes.console), await holdPipe(place.pipes.log)] as const;
  const [consoleEnd, logEnd] = held;
  const console = await watchPipe(place.pipes.console, options.consoleOutput);
  const log = await watchPipe(place.pipes.log, options.logOutput);
  const child = spawn(options.jailer, options.arguments, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', options.consoleToStandardOutput ? consoleEnd : logEnd, logEnd],
    // Nothing of the agent's own environment: it may hold secrets (I8).
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  const isUp = once(() => {
    for (const end of held) close(end, () => undefined);
  });
  const exit = endOf(child, options.cgroup).then(async (end) => {
    isUp();
    await drained([console, log]);
    return end;
  });
  return { child, exit, pipes: { console, log }, isUp };
}

/** All that the pipes hold is in their files, or nobody comes to close them. */
export async function drained(pipes: readonly WatchedPipe[]): Promise<void> {
  const enough = Promise.withResolvers<void>();
  const timer = setTimeout(enough.resolve, lastWordsMs);
  await Promise.race([Promise.all(pipes.map((pipe) => pipe.drained)), enough.promise]);
  clearTimeout(timer);
  for (const pipe of pipes) pipe.close();
}

function endOf(child: ChildProcess, cgroup: string | undefined): Promise<VmEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ how: 'crashed', detail: error.message }));
    child.once('exit', (code, signal) => {
      if (signal === null) resolve(endOfCode(code ?? 1));
      else if (signal === 'SIGKILL')
        ranOutOfMemory(cgroup).then((ran) => resolve(endOfSignal(signal, ran)), resolve);
      else resolve(endOfSignal(signal));
    });
  });
}

/** What the VM's control group says (Linux, Documentation/admin-guide/cgroup-v2.rst, memory.events). */
async function ranOutOfMemory(cgroup: string | undefined): Promise<boolean | undefined> {
  if (cgroup === undefined) return undefined;
  const events = await readFile(join(cgroup, 'memory.events'), 'utf8').catch(() => undefined);
  const kills = events === undefined ? undefined : /^oom_kill (\d+)$/m.exec(events)?.[1];
  return kills === undefined ? undefined : Number(kills) > 0;
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
