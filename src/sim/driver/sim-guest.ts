// A simulated guest: it speaks the real guest protocol over a byte stream in memory, through the same channel code as the
// real one.

import type { Clock } from '../../ports/clock.ts';
import type { ByteStream } from '../../ports/guest-link.ts';
import type { Random } from '../../ports/random.ts';
import { type Pump, pump } from '../../wire/guest-protocol/channel-pump.ts';
import { parseHostMessage } from '../../wire/guest-protocol/host-message.ts';
import { guestProtocolVersion } from '../../wire/guest-protocol/limits.ts';
import type { GuestMessage, HostMessage } from '../../wire/guest-protocol/messages.ts';
import { ReliableChannel } from '../../wire/guest-protocol/reliable-channel.ts';
import { bytePair } from './byte-pair.ts';
import type { GuestBehaviour } from './guest-behaviour.ts';
import type { RunnerIo, SimRunner } from './sim-runner.ts';

export interface SimGuestParts {
  clock: Clock;
  random: Random;
  behaviour: GuestBehaviour;
  runner: SimRunner;
  cpus: number;
  memoryMib: number;
  /** Whether this boot comes up at all; what `hangs-first` and the like amount to. */
  fate: 'answers' | 'silent' | 'panics';
  /** The guest ends its VM. */
  end(how: 'exited', detail: string): void;
  console(line: string): void;
  /** Called for each JIT configuration, also for the same one again. */
  jitHanded?(jitConfig: string): void;
  /** Called when the host asks it to end its runner and power off. */
  askedToEnd?(): void;
}

/** The part of a guest that its host sees. */
export interface SimulatedGuest {
  /** The host's end of a new connection. */
  connect(): ByteStream;
  /** The power is cut. */
  kill(): void;
}

type Unstamped<T> = T extends { uptimeMs: number } ? Omit<T, 'uptimeMs'> : T;

export class SimGuest implements SimulatedGuest {
  readonly bootId: string;
  readonly #parts: SimGuestParts;
  readonly #startedAt: number;
  readonly #cut = new AbortController();
  readonly #terminate = new AbortController();
  readonly #channel: ReliableChannel;
  #pump: Pump | undefined;
  /** The streams of a host that connected before the guest was up. */
  #waiting: ByteStream | undefined;
  #up = false;
  #ran = false;
  #mute = false;
  #environment: Readonly<Record<string, string>> = {};
  #job: 'none' | 'running' | 'ended' = 'none';
  /** The one JIT configuration that it was given; a second one is a broken promise (I2). */
  readonly jits: string[] = [];
  runnerAlive = false;

  /** It came up, and will never say or hear anything again. */
  get hangs(): boolean {
    return this.#mute;
  }

  /** Its runner is at work on a job. */
  get working(): boolean {
    return this.#job === 'running' && this.runnerAlive;
  }

  constructor(parts: SimGuestParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.bootId = hex(parts.random.bytes(16));
    this.#channel = new ReliableChannel({
      role: 'answers',
      session: hex(parts.random.bytes(8)),
      acknowledges: 'at-once',
    });
    void this.#boot().catch(() => {});
  }

  /** The host's end of a new connection. */
  connect(): ByteStream {
    const [ours, theirs] = bytePair();
    if (this.#up && !this.#mute) this.#serve(ours);
    else this.#waiting = ours;
    return theirs;
  }

  /** The power is cut. */
  kill(): void {
    this.#cut.abort(new Error('the VM was killed'));
    this.#pump?.close();
    this.#waiting?.close();
  }

  async #boot(): Promise<void> {
    const { clock, behaviour, fate, end } = this.#parts;
    await clock.sleep(behaviour.bootMs / 2, this.#cut.signal);
    if (fate === 'panics') {
      this.#parts.console('Kernel panic - not syncing: Attempted to kill init!');
      this.#parts.console('Rebooting in 1 seconds..');
      end('exited', 'the guest reset');
      return;
    }
    this.#say({ type: 'phase', phase: 'kernel' });
    await clock.sleep(behaviour.bootMs / 2, this.#cut.signal);
    if (fate === 'silent') return;
    for (const phase of ['init', 'network', 'agent'] as const) this.#say({ type: 'phase', phase });
    this.#up = true;
    if (this.#waiting !== undefined) this.#serve(this.#waiting);
    if (behaviour.hangsAfterMs !== undefined) {
      await clock.sleep(behaviour.hangsAfterMs, this.#cut.signal);
      this.#mute = true;
      behaviour.onHang?.();
      this.#cut.abort(new Error('the guest hangs'));
    }
  }

  #serve(stream: ByteStream): void {
    const { clock, behaviour } = this.#parts;
    this.#waiting = undefined;
    if (behaviour.floods !== undefined) {
      void flood(stream, behaviour.floods).catch(() => {});
      return;
    }
    this.#pump?.close();
    this.#pump = pump(this.#channel, stream, {
      now: () => clock.now(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      onMessage: ({ body }) => {
        const message = parseHostMessage(body);
        if (message !== undefined && !this.#cut.signal.aborted) this.#obey(message);
      },
    });
    this.#say({
      type: 'hello',
      protocol: guestProtocolVersion,
      bootId: this.bootId,
      agentVersion: 'sim',
      cpus: this.#parts.cpus,
      memoryMib: this.#parts.memoryMib,
      kernel: 'sim',
    });
    for (const lie of behaviour.lies ?? []) this.#channel.send(lie);
    this.#pump.wake();
  }

  #obey(message: HostMessage): void {
    switch (message.type) {
      case 'configure':
        this.#environment = message.environment;
        this.#say({ type: 'configured' });
        return;
      case 'run':
        this.#parts.jitHanded?.(message.jitConfig);
        if (!this.jits.includes(message.jitConfig)) this.jits.push(message.jitConfig);
        if (this.jits.length === 1 && !this.runnerAlive && this.#job === 'none')
          void this.#run(message.jitConfig).catch(() => {});
        return;
      case 'ask-worker':
        this.#say({
          type: 'worker',
          question: message.question,
          alive: this.working,
          runnerAlive: this.runnerAlive,
        });
        return;
      case 'ask-reach': {
        const places = message.places.map(({ host }) => ({ host, foundMs: 2, connectedMs: 20, why: '' }));
        this.#say({ type: 'reached', question: message.question, places });
        return;
      }
      case 'shutdown':
        this.#parts.askedToEnd?.();
        if (!this.#parts.behaviour.deaf) void this.#shutDown(message.graceMs).catch(() => {});
    }
  }

  async #run(jitConfig: string): Promise<void> {
    if (this.#ran) return;
    this.#ran = true;
    this.runnerAlive = true;
    this.#say({ type: 'runner-started' });
    const io: RunnerIo = {
      cut: this.#cut.signal,
      terminate: this.#terminate.signal,
      bootId: this.bootId,
      environment: this.#environment,
      listening: () => this.#say({ type: 'runner-listening' }),
      jobStarted: (jobName) => {
        this.#job = 'running';
        this.#say({ type: 'job-started', jobName });
      },
      jobEnded: (jobName, result) => {
        this.#job = 'ended';
        this.#say({
          type: 'usage',
          ...{ cpuPercentPeak: 100, memoryMibPeak: 300, diskMibPeak: 50 },
          ...{ cpuPercentMean: 40, memoryMibMean: 250, receivedBytes: 30_000_000, sentBytes: 2_000_000 },
        });
        this.#say({ type: 'job-ended', jobName, result });
      },
      print: (line) => this.#say({ type: 'log', source: 'runner', line: line.slice(0, 8192) }),
    };
    const code = await this.#parts.runner(jitConfig, io).catch(() => 2);
    if (this.#cut.signal.aborted) return;
    this.runnerAlive = false;
    this.#say({
      type: 'runner-exited',
      code: Math.max(-1, Math.min(255, code)),
      ranJob: this.#job !== 'none',
    });
  }

  async #shutDown(graceMs: number): Promise<void> {
    const { clock, behaviour, end } = this.#parts;
    this.#terminate.abort(new Error('the VM shuts down'));
    for (let waited = 0; this.runnerAlive && waited < graceMs; waited += 100)
      await clock.sleep(100, this.#cut.signal);
    await clock.sleep(behaviour.powerOffMs, this.#cut.signal);
    end('exited', 'the guest powered off');
  }

  #say(message: Unstamped<GuestMessage>): void {
    if (this.#cut.signal.aborted || this.#mute) return;
    const uptimeMs = Math.max(0, this.#parts.clock.now() - this.#startedAt);
    if (message.type === 'log') this.#channel.sendLoose(message);
    else this.#channel.send({ ...message, uptimeMs });
    this.#pump?.wake();
  }
}

async function flood(stream: ByteStream, kind: 'garbage' | 'frames'): Promise<void> {
  const line =
    kind === 'garbage' ? `${'x'.repeat(1000)}\n` : '{"m":{"type":"log","source":"runner","line":"spam"}}\n';
  const answer = '{"resumed":"flood","of":"","r":0,"b":1}\n';
  const bytes = new TextEncoder().encode((kind === 'frames' ? answer : '') + line.repeat(60));
  for (;;) await stream.write(bytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
