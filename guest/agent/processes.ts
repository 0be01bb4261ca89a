import { readdirSync, readFileSync } from 'node:fs';

/**
 * Whether a worker process of the runner lives: one whose program is `Runner.Worker`. A zombie has no command line and is
 * not counted.
 */
export function workerLives(proc: string): boolean {
  return readdirSync(proc).some((entry) => /^\d+$/.test(entry) && isWorker(`${proc}/${entry}/cmdline`));
}

function isWorker(path: string): boolean {
  let commandLine: string;
  try {
    commandLine = readFileSync(path, 'latin1');
  } catch (error) {
    // It ended while we looked.
    if (isGone(error)) return false;
    throw error;
  }
  const [program = '', ...rest] = commandLine.split('\0');
  // A script's interpreter stands before it.
  return [program, rest[0] ?? ''].some((word) => word.endsWith('/Runner.Worker') || word === 'Runner.Worker');
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ESRCH';
}
