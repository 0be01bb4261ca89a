// The machine as Linux gives it, with every path handed in: a test runs it on the developer's own.

import { closeSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { guestProtocolVersion } from '../../src/wire/guest-protocol/limits.ts';
import type { Configuration, Machine, RunnerProcess, RunnerStart, RunnerWatch } from './agent.ts';
import { RunnerKeeper } from './kept-runner.ts';
import type { Phases } from './phases.ts';
import { workerLives } from './processes.ts';
import { type Place, reach } from './reach.ts';
import type { UsagePeaks } from './usage.ts';

export interface MachineParts {
  agentVersion: string;
  phases: Phases;
  usage: UsagePeaks;
  /** The mounted proc file system. */
  proc: string;
  /** In memory: what an agent leaves to the next one if it dies. */
  keptFolder: string;
  /** The runner's root, in memory: the runner writes its credentials there (I8). */
  runnerRoot: string;
  /** Resolves when the root is complete. */
  runnerRootReady(): Promise<void>;
  /** Program and arguments that start the runner as its user. */
  runnerCommand(): readonly string[];
  environment: Readonly<Record<string, string>>;
  hostnamePath: string;
  hostsPath: string;
  dockerConfigPath: string;
  /** Sets the clock to an epoch time in whole seconds. */
  setClock(epochSeconds: number): Promise<void>;
  reloadDocker(): Promise<void>;
  powerOff(): Promise<void>;
}

/** Below this a difference of clocks is left alone: setting is exact to a second only. */
const clockToleranceMs = 1500;
/** Names and addresses must be those of the network, which comes up beside the agent. */
const networkWaitMs = 15_000;
const adoptedLookMs = 250;

export class LinuxMachine implements Machine {
  readonly #parts: MachineParts;
  readonly #keeper: RunnerKeeper;

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.#keeper = new RunnerKeeper(parts.keptFolder, parts.proc);
  }

  /** CLOCK_MONOTONIC starts with the kernel. */
  uptimeMs(): number {
    return Number(process.hrtime.bigint() / 1_000_000n);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  session(): string {
    return readFileSync(`${this.#parts.proc}/sys/kernel/random/uuid`, 'latin1').trim();
  }

  hello() {
    return {
      protocol: guestProtocolVersion,
      bootId: readFileSync(`${this.#parts.proc}/sys/kernel/random/boot_id`, 'latin1').trim(),
      agentVersion: this.#parts.agentVersion,
      cpus: cpus().length,
      memoryMib: Math.max(1, Math.floor(totalmem() / 2 ** 20)),
      kernel: release(),
    };
  }

  heard(): void {
    if (!this.#parts.phases.ended('agent')) this.#parts.phases.mark('agent', this.uptimeMs());
  }

  freshPhases() {
    return this.#parts.phases.complete ? [] : this.#parts.phases.fresh();
  }

  async configure(configuration: Configuration): Promise<void> {
    const parts = this.#parts;
    const end = this.uptimeMs() + networkWaitMs;
    if (Math.abs(configuration.epochMs - Date.now()) > clockToleranceMs)
      await parts.setClock(Math.round(configuration.epochMs / 1000));
    while (!parts.phases.ended('network') && this.uptimeMs() < end) await this.sleep(20);
    writeFileSync(parts.hostnamePath, configuration.hostname);
    const names = [`127.0.1.1 ${configuration.hostname}`, ...configuration.hosts];
    writeFileSync(parts.hostsPath, withOurLines(readFileSync(parts.hostsPath, 'utf8'), names));
    if (configuration.dockerMirrors.length > 0) await this.#setMirrors(configuration.dockerMirrors);
    writeFileSync(this.#configurationPath, JSON.stringify(configuration), { mode: 0o600 });
  }

  configuredBefore(): Configuration | undefined {
    const path = this.#configurationPath;
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  }

  get #configurationPath(): string {
    return `${this.#parts.keptFolder}/configuration`;
  }

  async startRunner(start: RunnerStart): Promise<RunnerProcess> {
    const { environment, runnerRoot } = this.#parts;
    // Loaded when it is needed: what is loaded at the start costs every boot.
    const { spawn } = await import('node:child_process');
    await this.#parts.runnerRootReady();
    const [program = '', ...rest] = this.#parts.runnerCommand();
    const words = this.#keeper.begin();
    const child = spawn(program, rest, {
      cwd: runnerRoot,
      // A session and process group of its own, so that all of it can be ended.
      detached: true,
      stdio: ['ignore', words, words],
      // The runner takes the variable out of its own environment (actions/runner, CommandSettings.cs).
      env: { ...environment, ...start.environment, ACTIONS_RUNNER_INPUT_JITCONFIG: start.jitConfig },
    });
    if (child.pid !== undefined) this.#keeper.started(child.pid);
    closeSync(words);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    const lines = this.#keeper.follow(start.onLine, false);
    let alive = true;
    child.once('exit', (code) => {
      alive = false;
      lines.end();
      start.onExit(code ?? -1);
    });
    return {
      alive: () => alive,
      terminate: () => void child.kill('SIGTERM'),
      kill: () => killGroup(child.pid),
    };
  }

  takeUpRunner(watch: RunnerWatch): RunnerProcess | 'none' | 'unknown' {
    const keeper = this.#keeper;
    if (!keeper.begun) return 'none';
    const kept = keeper.process();
    if (kept === undefined) return 'unknown';
    const lines = keeper.follow(watch.onLine, true);
    const alive = (): boolean => keeper.lives(kept);
    // It is no child of ours: its end is looked for, and its exit code nobody gets.
    const look = setInterval(() => {
      if (alive()) return;
      clearInterval(look);
      lines.end();
      watch.onExit(-1);
    }, adoptedLookMs);
    return {
      alive,
      terminate: () => void (alive() && signal(kept.pid, 'SIGTERM')),
      kill: () => void (alive() && killGroup(kept.pid)),
    };
  }

  workerLives(): boolean {
    return workerLives(this.#parts.proc);
  }

  reach(places: readonly Place[]) {
    return reach(places);
  }

  get hasWorkers(): boolean {
    return existsSync(`${this.#parts.runnerRoot}/bin/Runner.Worker`);
  }

  usage(jobRuns: boolean) {
    return this.#parts.usage.sample(this.uptimeMs(), jobRuns);
  }

  powerOff(): Promise<void> {
    return this.#parts.powerOff();
  }

  async #setMirrors(mirrors: readonly string[]): Promise<void> {
    const path = this.#parts.dockerConfigPath;
    const config: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof config !== 'object' || config === null) throw new Error(`${path} holds no JSON object`);
    writeFileSync(path, `${JSON.stringify({ ...config, 'registry-mirrors': mirrors })}\n`);
    await this.#parts.reloadDocker();
  }
}

const mark = '# bellows';

/** The hosts file with our lines at its end; said again, they stand there once. */
function withOurLines(text: string, lines: readonly string[]): string {
  const kept = text.split('\n').filter((line) => line !== '' && !line.endsWith(mark));
  return `${[...kept, ...lines.map((line) => `${line} ${mark}`)].join('\n')}\n`;
}

function killGroup(pid: number | undefined): void {
  if (pid !== undefined) signal(-pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!gone) throw error;
  }
}

/** Runs a program to its end. */
export async function runProgram(program: string, ...words: string[]): Promise<void> {
  const { execFile } = await import('node:child_process');
  await new Promise<void>((resolve, reject) => {
    execFile(program, words, (error) => (error === null ? resolve() : reject(error)));
  });
}
