// The guest agent: says what happens in the VM and does what the host asks. It holds no policy: when a VM ends is decided
// outside. The machine that it runs on is handed in, so that a test can be one.

import { type Pump, type PumpStream, pump } from '../../src/wire/guest-protocol/channel-pump.ts';
import { parseHostMessage } from '../../src/wire/guest-protocol/host-message.ts';
import type { GuestMessage, GuestPhase, HostMessage } from '../../src/wire/guest-protocol/messages.ts';
import { type Delivered, ReliableChannel } from '../../src/wire/guest-protocol/reliable-channel.ts';
import { parseRunnerLine } from '../../src/wire/guest-protocol/runner-lines.ts';
import type { Usage } from './usage.ts';
import { type Finding, findings, type RunnerFacts } from './watchdog.ts';

type Places = Extract<HostMessage, { type: 'ask-reach' }>['places'];
type Reached = Extract<GuestMessage, { type: 'reached' }>['places'];
export type Configuration = Extract<HostMessage, { type: 'configure' }>;

/** The machine around the agent. */
export interface Machine {
  /** Milliseconds since the kernel started; never goes back. */
  uptimeMs(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Random, and new for each process. */
  session(): string;
  hello(): Omit<Extract<GuestMessage, { type: 'hello' }>, 'type' | 'uptimeMs'>;
  /** The host has heard us, or is not there: what waits for us (Docker's start) may go on. Called more than once. */
  heard(): void;
  /** Phases of the boot that ended since the last call. */
  freshPhases(): { phase: GuestPhase; uptimeMs: number }[];
  /** Sets clock, names and mirrors; resolves when a runner may start. */
  configure(configuration: Configuration): Promise<void>;
  /** What an earlier agent of this boot was configured with. */
  configuredBefore(): Configuration | undefined;
  startRunner(start: RunnerStart): Promise<RunnerProcess>;
  /**
   * The runner that an agent of this boot started before it died; its lines come again from the first. `unknown`: it died over
   * starting it, and nobody knows whether there is one. The exit code of an earlier agent's runner is told as -1.
   */
  takeUpRunner(watch: RunnerWatch): RunnerProcess | 'none' | 'unknown';
  workerLives(): boolean;
  /** Whether each place's name is found and takes a connection; never rejects. */
  reach(places: Places): Promise<Reached>;
  /** Whether the runner does each job in a process of its own, `Runner.Worker`. */
  readonly hasWorkers: boolean;
  /** @param jobRuns whether this moment counts for the means of the job. */
  usage(jobRuns: boolean): Usage;
  powerOff(): Promise<void>;
}

export interface RunnerWatch {
  /** @param isOld an earlier agent has heard it, or might have. */
  onLine(line: string, isOld: boolean): void;
  /** `code` is -1 when a signal ended it, or nobody saw how it ended. All its lines have come before. */
  onExit(code: number): void;
}

export interface RunnerStart extends RunnerWatch {
  jitConfig: string;
  environment: Readonly<Record<string, string>>;
}

export interface RunnerProcess {
  terminate(): void;
  /** Ends it and all that it started. */
  kill(): void;
  alive(): boolean;
}

export const watchdogTimes = { noWorkerMs: 60_000, staysMs: 60_000 };
const watchMs = 1000;
/** A host that connects and does not answer is not waited for longer. */
const heardMs = 1500;
const usageMs = 5000;

export class GuestAgent {
  readonly #machine: Machine;
  #channel: ReliableChannel;
  #pump: Pump | undefined;
  #configuration: Configuration | undefined;
  #runner: RunnerProcess | undefined;
  #heard = false;
  #running = false;
  #stopping = false;
  readonly #facts: RunnerFacts = { workerSeen: false };
  readonly #told = new Set<Finding>();
  #saidUsage = '';

  /** @param greets it speaks to the host unasked, which does not know that another agent was here before. */
  constructor(machine: Machine, { greets = false } = {}) {
    this.#machine = machine;
    this.#channel = this.#newChannel(greets);
    this.#configuration = machine.configuredBefore();
    this.#takeUp();
  }

  /** Serves one connection of the host after the other, for as long as the VM lives. */
  async serve(streams: AsyncIterable<PumpStream>): Promise<void> {
    let isFirst = true;
    for await (const stream of streams) {
      const channel = this.#channel;
      this.#pump = pump(channel, stream, {
        now: () => this.#machine.uptimeMs(),
        sleep: (ms, signal) => this.#machine.sleep(ms, signal),
        onMessage: (delivered) => this.#take(delivered),
        // The host knows by it that the VM is up: in every connection, also in one that this stream does not show.
        onResume: () =>
          this.#loose({ type: 'hello', ...this.#machine.hello(), uptimeMs: this.#machine.uptimeMs() }),
      });
      if (isFirst) void this.#begin();
      isFirst = false;
      const why = await this.#pump.done;
      this.#pump = undefined;
      if (channel.gaveUp !== undefined) {
        this.#channel = this.#newChannel();
        this.#log(`the link to the host was started afresh: ${why}`);
      }
    }
  }

  /** The hello goes first: whatever else is done at a boot takes processor time from it. */
  async #begin(): Promise<void> {
    const machine = this.#machine;
    for (const end = machine.uptimeMs() + heardMs; !this.#heard && machine.uptimeMs() < end; )
      await machine.sleep(25);
    machine.heard();
    await this.#watch();
  }

  #newChannel(greets = false): ReliableChannel {
    return new ReliableChannel({
      role: 'answers',
      greets,
      session: this.#machine.session(),
      acknowledges: 'at-once',
    });
  }

  #take(delivered: Delivered): void {
    this.#heard = true;
    const message = parseHostMessage(delivered.body);
    if (message === undefined) {
      this.#log('the host sent a message that this image does not know');
      return;
    }
    const done = this.#obey(message);
    done.catch((error: unknown) => this.#log(`${message.type} failed: ${textOf(error)}`));
  }

  async #obey(message: HostMessage): Promise<void> {
    switch (message.type) {
      case 'configure':
        return this.#configure(message);
      case 'run':
        return this.#run(message.jitConfig);
      case 'ask-worker':
        return this.#say({
          type: 'worker',
          question: message.question,
          ...this.#workerState(),
          uptimeMs: this.#machine.uptimeMs(),
        });
      case 'ask-reach': {
        const { type: _, ...asked } = message;
        const places = await this.#machine.reach(asked.places);
        return this.#say({ type: 'reached', ...asked, places, uptimeMs: this.#machine.uptimeMs() });
      }
      case 'shutdown':
        return this.#shutDown(message.graceMs);
    }
  }

  async #configure(configuration: Configuration): Promise<void> {
    // A restarted host agent says it again; under a running job nothing is touched.
    if (!this.#running) {
      await this.#machine.configure(configuration);
      this.#configuration = configuration;
    }
    this.#say({ type: 'configured', uptimeMs: this.#machine.uptimeMs() });
  }

  /** What it says is said again, since nobody knows what the host has heard: there each is taken in once. */
  #takeUp(): void {
    const kept = this.#machine.takeUpRunner({
      onLine: (line, isOld) => this.#heardRunner(line, isOld),
      onExit: (code) => this.#runnerExited(code),
    });
    if (kept === 'none') return;
    this.#running = true;
    if (kept === 'unknown') {
      this.#log('an earlier guest agent died while it started the runner');
      return;
    }
    this.#runner = kept;
    this.#facts.startedAt = this.#machine.uptimeMs();
    this.#say({ type: 'runner-started', uptimeMs: this.#machine.uptimeMs() });
    this.#log('the guest agent was started anew, and has taken up the runner');
  }

  /** A JIT configuration starts one runner, once (I2): said again, it changes nothing. */
  async #run(jitConfig: string): Promise<void> {
    if (this.#running || this.#stopping) return;
    this.#running = true;
    try {
      this.#runner = await this.#machine.startRunner({
        jitConfig,
        environment: this.#configuration?.environment ?? {},
        onLine: (line, isOld) => this.#heardRunner(line, isOld),
        onExit: (code) => this.#runnerExited(code),
      });
    } catch (error) {
      this.#log(`the runner could not be started: ${textOf(error)}`);
      this.#runnerExited(-1);
      return;
    }
    this.#facts.startedAt = this.#machine.uptimeMs();
    this.#say({ type: 'runner-started', uptimeMs: this.#machine.uptimeMs() });
  }

  #heardRunner(line: string, isOld: boolean): void {
    const uptimeMs = this.#machine.uptimeMs();
    if (!isOld) this.#loose({ type: 'log', source: 'runner', line: line.slice(0, 8192) });
    const parsed = parseRunnerLine(line);
    if (parsed === undefined) return;
    switch (parsed.kind) {
      case 'listening':
        // It says so again after each reconnection.
        if (this.#facts.listeningAt !== undefined) return;
        this.#facts.listeningAt = uptimeMs;
        this.#say({ type: 'runner-listening', uptimeMs });
        return;
      case 'job-started':
        this.#facts.jobStartedAt ??= uptimeMs;
        this.#say({ type: 'job-started', jobName: parsed.jobName, uptimeMs });
        this.#machine.usage(true);
        return;
      case 'job-ended':
        // Its last moment.
        if (this.#facts.jobEndedAt === undefined) this.#machine.usage(true);
        this.#facts.jobEndedAt = uptimeMs;
        this.#sayUsage();
        this.#say({ type: 'job-ended', jobName: parsed.jobName, result: parsed.result, uptimeMs });
    }
  }

  #runnerExited(code: number): void {
    if (this.#facts.exitedAt !== undefined) return;
    const uptimeMs = this.#machine.uptimeMs();
    this.#facts.exitedAt = uptimeMs;
    this.#sayUsage();
    this.#sayFindings();
    this.#say({ type: 'runner-exited', code, ranJob: this.#facts.jobStartedAt !== undefined, uptimeMs });
  }

  #workerState(): { alive: boolean; runnerAlive: boolean } {
    const runnerAlive = this.#runner?.alive() ?? false;
    // A job that was taken and has not ended counts, worker or not: the runner starts it a moment later.
    const jobRuns = this.#facts.jobStartedAt !== undefined && this.#facts.jobEndedAt === undefined;
    return { alive: this.#machine.workerLives() || (jobRuns && runnerAlive), runnerAlive };
  }

  async #shutDown(graceMs: number): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const machine = this.#machine;
    this.#runner?.terminate();
    const end = machine.uptimeMs() + graceMs;
    while (this.#runner?.alive() && machine.uptimeMs() < end) await machine.sleep(100);
    this.#runner?.kill();
    this.#sayUsage();
    // A moment for what was said to get out.
    for (let i = 0; i < 20 && this.#channel.waiting > 0; i++) await machine.sleep(50);
    await machine.powerOff();
  }

  async #watch(): Promise<void> {
    // The first look after a while: at first the boot needs the processor.
    let usageAt = this.#machine.uptimeMs();
    for (;;) {
      try {
        for (const phase of this.#machine.freshPhases()) this.#say({ type: 'phase', ...phase });
        const jobRuns = this.#facts.jobStartedAt !== undefined && this.#facts.jobEndedAt === undefined;
        if (jobRuns && !this.#facts.workerSeen) this.#facts.workerSeen = this.#machine.workerLives();
        this.#sayFindings();
        if (this.#machine.uptimeMs() - usageAt >= usageMs) {
          usageAt = this.#machine.uptimeMs();
          this.#machine.usage(jobRuns);
        }
      } catch (error) {
        this.#log(`the watchdog could not look: ${textOf(error)}`);
      }
      // The boot's phases come thick at first.
      await this.#machine.sleep(this.#machine.uptimeMs() < 60_000 ? watchMs / 4 : watchMs);
    }
  }

  #sayFindings(): void {
    const limits = {
      idleMs: this.#configuration?.idleTimeoutMs ?? Number.POSITIVE_INFINITY,
      noWorkerMs: this.#machine.hasWorkers ? watchdogTimes.noWorkerMs : undefined,
      staysMs: watchdogTimes.staysMs,
    };
    const uptimeMs = this.#machine.uptimeMs();
    for (const finding of findings(this.#facts, limits, uptimeMs)) {
      if (this.#told.has(finding)) continue;
      this.#told.add(finding);
      this.#say({ type: 'watchdog', finding, uptimeMs });
    }
  }

  #sayUsage(): void {
    const usage = this.#machine.usage(false);
    const text = JSON.stringify(usage);
    if (text === this.#saidUsage) return;
    this.#saidUsage = text;
    this.#say({ type: 'usage', ...usage, uptimeMs: this.#machine.uptimeMs() });
  }

  #say(message: GuestMessage): void {
    this.#channel.send(message);
    this.#pump?.wake();
  }

  #loose(message: GuestMessage): void {
    this.#channel.sendLoose(message);
    this.#pump?.wake();
  }

  #log(line: string): void {
    this.#loose({ type: 'log', source: 'agent', line: line.slice(0, 8192) });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
