// One script as a process group of its own, in the shell that the workflow names, ended the way the real runner ends it.

import { spawn } from 'node:child_process';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Script {
  text: string;
  /** Undefined: bash, without the options that `shell: bash` gives. */
  shell: string | undefined;
  /** Where the script file is put, under this name. */
  folder: string;
  name: string;
  workingDirectory: string;
  environment: Readonly<Record<string, string>>;
}

/** How long a script is given after SIGINT, and after SIGTERM; as the real runner does (ProcessInvoker.cs). */
export interface Graces {
  interruptMs: number;
  terminateMs: number;
}

const realGraces: Graces = { interruptMs: 7_500, terminateMs: 2_500 };

interface ShellForm {
  command: string;
  extension: string;
}

/** GitHub docs, workflow syntax, `jobs.<job_id>.steps[*].shell`. */
function shellForm({ shell, environment }: Script): ShellForm {
  const found = (...names: string[]): string =>
    names.find((name) => isOnPath(name, environment.PATH ?? '')) ?? names[0] ?? '';
  switch (shell) {
    case undefined:
      return { command: `${found('bash', 'sh')} -e {0}`, extension: '.sh' };
    case 'bash':
      return { command: 'bash --noprofile --norc -eo pipefail {0}', extension: '.sh' };
    case 'sh':
      return { command: 'sh -e {0}', extension: '.sh' };
    case 'python':
      return { command: `${found('python', 'python3')} {0}`, extension: '.py' };
    default:
      return { command: shell.includes('{0}') ? shell : `${shell} {0}`, extension: '' };
  }
}

export const shellCommand = (script: Script): string => shellForm(script).command;

/**
 * Runs the script to its end. When `cancel` aborts, its process group gets SIGINT, then SIGTERM, then SIGKILL.
 * @returns the exit code; -1 when the program could not be started or a signal ended it
 */
export function runScript(
  script: Script,
  onLine: (line: string) => void,
  cancel: AbortSignal,
  graces = realGraces,
): Promise<number> {
  const { command, extension } = shellForm(script);
  const file = join(script.folder, `${script.name}${extension}`);
  writeFileSync(file, script.text, { mode: 0o600 });
  const [program = '', ...args] = command.split(' ').map((part) => part.replace('{0}', file));
  const child = spawn(program, args, {
    cwd: script.workingDirectory,
    env: script.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const timers: NodeJS.Timeout[] = [];
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // The group has ended meanwhile.
    }
  };
  const end = (): void => {
    signalGroup('SIGINT');
    timers.push(setTimeout(() => signalGroup('SIGTERM'), graces.interruptMs));
    timers.push(setTimeout(() => signalGroup('SIGKILL'), graces.interruptMs + graces.terminateMs));
  };
  cancel.addEventListener('abort', end, { once: true });
  if (cancel.aborted) end();
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  return new Promise((resolve) => {
    const settle = (code: number): void => {
      cancel.removeEventListener('abort', end);
      for (const timer of timers) clearTimeout(timer);
      resolve(code);
    };
    child.once('error', (error) => {
      onLine(`##[error]${error.message}`);
      settle(-1);
    });
    // A process that the step left in the background may hold the pipes: its output is waited for no longer than a moment.
    child.once('exit', (code) => {
      const late = setTimeout(() => settle(code ?? -1), 500);
      child.once('close', () => {
        clearTimeout(late);
        settle(code ?? -1);
      });
    });
  });
}

function isOnPath(name: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      // Not in this folder.
      return false;
    }
  });
}
