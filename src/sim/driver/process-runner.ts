// A real runner as a child process in a simulated VM's place, for trying things out without VMs. The job works on this
// machine, as this user: nothing here isolates it.

import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LineSplitter } from '../../wire/guest-protocol/line-splitter.ts';
import { parseRunnerLine } from '../../wire/guest-protocol/runner-lines.ts';
import type { RunnerIo, SimRunner } from './sim-runner.ts';

export interface ProcessRunnerOptions {
  /** Program and arguments, such as `[node, '…/sim-runner.ts', 'run']`. */
  command: readonly string[];
  /** Each runner gets a folder of its own below, removed when it ends. */
  folder: string;
  environment?: Readonly<Record<string, string>>;
}

const longestLine = 8192;

export function processRunner(options: ProcessRunnerOptions): SimRunner {
  return async (jitConfig, io) => {
    const root = join(options.folder, `runner-${io.bootId}`);
    await mkdir(root, { recursive: true, mode: 0o700 });
    try {
      return await runToEnd(options, root, jitConfig, io);
    } finally {
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    }
  };
}

async function runToEnd(
  { command: [program = '', ...rest], environment }: ProcessRunnerOptions,
  root: string,
  jitConfig: string,
  io: RunnerIo,
): Promise<number> {
  const child = spawn(program, rest, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      HOME: root,
      LANG: 'C.UTF-8',
      ...environment,
      ...io.environment,
      BELLOWS_SIM_BOOT_ID: io.bootId,
      ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig,
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    const lines = new LineSplitter(longestLine);
    stream.on('data', (bytes: Uint8Array) => {
      for (const line of lines.feed(bytes)) hear(line, io);
    });
  }
  const kill = (): void => killGroup(child.pid);
  const terminate = (): void => void child.kill('SIGTERM');
  io.cut.addEventListener('abort', kill, { once: true });
  io.terminate.addEventListener('abort', terminate, { once: true });
  if (io.cut.aborted) kill();
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? -1));
    });
  } finally {
    // What a job left running would outlive its VM.
    kill();
    io.cut.removeEventListener('abort', kill);
    io.terminate.removeEventListener('abort', terminate);
  }
}

function hear(line: string, io: RunnerIo): void {
  io.print(line);
  const parsed = parseRunnerLine(line);
  if (parsed?.kind === 'listening') io.listening();
  if (parsed?.kind === 'job-started') io.jobStarted(parsed.jobName);
  if (parsed?.kind === 'job-ended') io.jobEnded(parsed.jobName, parsed.result);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!isGone) throw error;
  }
}
