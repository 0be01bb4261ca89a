// Our own runner as a child process, with a configuration that REST gave.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface RunnerProcess extends Disposable {
  readonly root: string;
  readonly lines: string[];
  readonly exit: Promise<number>;
  kill(signal: NodeJS.Signals): void;
  /** The files in its root, hidden ones too. */
  files(): string[];
}

export function startRunner(jitConfig: string, environment: Record<string, string> = {}): RunnerProcess {
  const root = mkdtempSync(join(tmpdir(), 'bellows-sim-runner-'));
  const main = fileURLToPath(new URL('../../guest/sim-runner/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'run'], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => lines.push(...chunk.split('\n').filter((line) => line !== '')));
  }
  const exit = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  return {
    root,
    lines,
    exit,
    kill: (signal) => void child.kill(signal),
    files: () => readdirSync(root),
    [Symbol.dispose]() {
      child.kill('SIGKILL');
      rmSync(root, { recursive: true, force: true });
    },
  };
}
