// Processes by /proc (proc(5)).

import { readdir, readFile, stat } from 'node:fs/promises';
import type {
  FlaggedProcess,
  MarkedProcess,
  ProcessIdentity,
  ProcessTable,
} from '../../ports/process-table.ts';

export function linuxProcessTable(): ProcessTable {
  return {
    marked: async (name) => {
      const found = await Promise.all((await pids()).map((pid) => markOf(pid, name)));
      return found.filter((process) => process !== undefined);
    },
    flagged: async (flag) => {
      const found = await Promise.all((await pids()).map((pid) => flagOf(pid, flag)));
      return found.filter((process) => process !== undefined);
    },
    isAlive: async (process) => (await lookAt(process.pid))?.startTicks === process.startTicks,
    kill: async ({ pid, startTicks }) => {
      if ((await lookAt(pid))?.startTicks !== startTicks) return;
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if (!isGone(error)) throw new Error(`cannot end process ${pid}`, { cause: error });
      }
    },
  };
}

async function pids(): Promise<number[]> {
  return (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
}

async function markOf(pid: number, name: string): Promise<MarkedProcess | undefined> {
  const environment = await readOrNothing(`/proc/${pid}/environ`);
  const mark = environment?.split('\0').find((entry) => entry.startsWith(`${name}=`));
  if (mark === undefined) return undefined;
  const seen = await lookAt(pid);
  const command = await readOrNothing(`/proc/${pid}/cmdline`);
  if (seen === undefined || command === undefined) return undefined;
  return { ...seen, value: mark.slice(name.length + 1), command: command.split('\0').slice(0, -1) };
}

async function flagOf(pid: number, flag: string): Promise<FlaggedProcess | undefined> {
  const command = (await readOrNothing(`/proc/${pid}/cmdline`))?.split('\0').slice(0, -1) ?? [];
  const at = command.indexOf(flag);
  const value = at < 0 ? undefined : command[at + 1];
  if (value === undefined) return undefined;
  const seen = await lookAt(pid);
  const owner = await orNothing(stat(`/proc/${pid}`));
  return seen === undefined || owner === undefined ? undefined : { ...seen, value, command, uid: owner.uid };
}

/** Undefined when there is no such process, or it has ended and only waits to be reaped. */
async function lookAt(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readOrNothing(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The program's name stands in brackets and may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, startTicks: Number(fields[19]) };
}

function readOrNothing(path: string): Promise<string | undefined> {
  return orNothing(readFile(path, 'utf8'));
}

async function orNothing<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    // Another user's process, or one that ended since the folder was read.
    if (isGone(error) || hasCode(error, 'EACCES') || hasCode(error, 'EPERM')) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH');
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
