// A program of ours as a child process, as a user would run it: what it says goes into a file, and it can be waited for,
// told to stop, or killed.

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from './source-tree.ts';

export type Environment = Readonly<Record<string, string>>;

export interface Program {
  readonly pid: number;
  /** All that it has said so far, standard error too. */
  output(): Promise<string>;
  /** Resolves at the first line that matches. @throws with its last words when it ends before, or takes too long. */
  says(pattern: RegExp, limitMs?: number): Promise<RegExpExecArray>;
  isRunning(): boolean;
  /** Sends the signal and resolves with the exit code when it has ended; a signal that ended it counts as -1. */
  end(signal?: NodeJS.Signals): Promise<number>;
  /** Resolves with the exit code when it ends by itself. */
  ended(limitMs?: number): Promise<number>;
}

export interface ProgramOptions {
  env: Environment;
  /** Written from the beginning. */
  logPath: string;
  /** Another user, when we are root. */
  as?: { uid: number; gid: number };
  /** With a process group of its own, all of which gets the signals, as from a terminal. */
  hasGroup?: boolean;
}

export async function startProgram(
  [file = '', ...args]: readonly string[],
  { env, logPath, as, hasGroup = false }: ProgramOptions,
): Promise<Program> {
  const log = openSync(logPath, 'w');
  const stdio: StdioOptions = ['ignore', log, log];
  const child = spawn(file, args, {
    cwd: root,
    env,
    stdio,
    detached: hasGroup,
    ...(as && { uid: as.uid, gid: as.gid }),
  });
  await once(child, 'spawn');
  const output = (): Promise<string> => readFile(logPath, 'utf8');
  closeSync(log);
  const name = [file === process.execPath ? 'node' : file, ...args].join(' ');
  const { pid = 0 } = child;
  const isAlive = (): boolean => isRunning(child);
  for (const ended of [...started].filter((program) => !program.isAlive())) started.delete(ended);
  started.add({ name, isAlive, output });
  return {
    pid,
    output,
    isRunning: isAlive,
    says: (pattern, limitMs = 60_000) =>
      waitFor(
        `${name} to say ${pattern}`,
        async () => {
          const wasRunning = isRunning(child);
          const found = pattern.exec(await output());
          if (found === null && !wasRunning) throw new Error(`${name} ended: ${await lastWords(output)}`);
          return found ?? undefined;
        },
        limitMs,
      ),
    end: async (signal = 'SIGTERM') => {
      if (isRunning(child)) process.kill(hasGroup ? -pid : pid, signal);
      return endOf(child, name, 60_000, output);
    },
    ended: (limitMs = 60_000) => endOf(child, name, limitMs, output),
  };
}

/** Those that run or have just ended: what they said tells why something was waited for in vain. */
const started = new Set<{ name: string; isAlive: () => boolean; output: () => Promise<string> }>();

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

async function endOf(
  child: ChildProcess,
  name: string,
  limitMs: number,
  output: () => Promise<string>,
): Promise<number> {
  if (isRunning(child)) {
    const late = AbortSignal.timeout(limitMs);
    await once(child, 'exit', { signal: late }).catch(async (cause: unknown) => {
      const said = await lastWords(output);
      throw new Error(`${name} did not end within ${limitMs / 1000} s: ${said}`, { cause });
    });
  }
  return child.exitCode ?? -1;
}

async function lastWords(output: () => Promise<string>): Promise<string> {
  return (await output()).split('\n').slice(-15).join('\n');
}

async function lastWordsOfAll(): Promise<string> {
  const said = [...started].map(async ({ name, output }) => `${name}:\n${await lastWords(output)}`);
  return (await Promise.allSettled(said))
    .map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))
    .join('\n');
}

/** Looks again and again until there is something. @param what in the words of the error when time is up. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined>,
  limitMs = 60_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end)
      throw new Error(`waited ${limitMs / 1000} s in vain for ${what}\n${await lastWordsOfAll()}`);
    await pause(250);
  }
}
