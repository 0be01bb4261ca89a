// A simulated host with an agent on it, and a control plane that a test plays by hand.

import type { AgentDeps, AgentOptions, RunningAgent } from '../../src/agent/run.ts';
import { runAgent } from '../../src/agent/run.ts';
import { hostId, type ImageDigest, imageDigest, vmId } from '../../src/domain/ids.ts';
import { seconds } from '../../src/domain/time.ts';
import type { AgentSocket } from '../../src/ports/agent-link.ts';
import { AgentLinkError } from '../../src/ports/agent-link.ts';
import type { Log, LogFields } from '../../src/ports/log.ts';
import { Secret } from '../../src/ports/secret.ts';
import { VirtualClock } from '../../src/sim/clock.ts';
import { Lifeline, type Point } from '../../src/sim/crash-points.ts';
import { SimHost, type SimHostOptions } from '../../src/sim/driver/sim-host.ts';
import type { SimRunner } from '../../src/sim/driver/sim-runner.ts';
import { MemoryJournal } from '../../src/sim/memory-journal.ts';
import { MemoryVmLogs } from '../../src/sim/memory-vm-logs.ts';
import { PlainIdentity, PlainSealer } from '../../src/sim/plain-sealer.ts';
import { SeededRandom } from '../../src/sim/seeded-random.ts';
import { socketPair } from '../../src/sim/socket-pair.ts';
import { machineClock } from '../../src/sim/world/machine-clock.ts';
import {
  type AgentEvent,
  type AgentMessage,
  type ControlPlaneMessage,
  type DesiredVm,
  fromAgent,
} from '../../src/wire/agent-protocol.ts';

/** What there is of one VM on a simulated host: process, cage, network, disk, folder. */
export const partsOfVm = 5;
export const testImage = imageDigest(`sha256:${'a'.repeat(64)}`);
export const testVm = vmId('vm-000000000001');
export const jitSecret = 'JIT-SECRET-eyJhbGciOi';

type Observed = Extract<AgentMessage, { type: 'observed' }>;

/** Runs one job of a second, as soon as it listens. */
export const oneJob =
  (clock: VirtualClock, jobMs = 1000): SimRunner =>
  async (_jit, io) => {
    io.print('√ Connected to GitHub');
    io.listening();
    await clock.sleep(500, io.cut);
    io.jobStarted('build');
    await clock.sleep(jobMs, io.cut);
    io.jobEnded('build', 'Succeeded');
    return 0;
  };

/** Listens until it is asked to end. */
export const idleRunner: SimRunner = async (_jit, io) => {
  io.listening();
  await new Promise<void>((resolve) => io.terminate.addEventListener('abort', () => resolve()));
  return 0;
};

export interface WorldOptions {
  host?: Partial<SimHostOptions>;
  agent?: Partial<AgentOptions>;
  runner?: (clock: VirtualClock) => SimRunner;
}

export class AgentWorld {
  readonly clock = new VirtualClock();
  /** How far the host's own clock is off. */
  clockErrorMs = 0;
  readonly random = new SeededRandom(7);
  readonly journal = new MemoryJournal();
  readonly vmLogs = new MemoryVmLogs();
  readonly host: SimHost;
  readonly logged: string[] = [];
  #options: WorldOptions;
  /** The JIT configurations with which a runner was started in some VM. */
  readonly runs: string[] = [];
  /** All events that the control plane took in, each once. */
  readonly events: AgentEvent[] = [];
  readonly logs: string[] = [];
  observed: Observed | undefined;
  epoch = 'epoch-1';
  generation = 0;
  vms: DesiredVm[] = [];
  tombstones: { vm: string; reason: string; rule: string }[] = [];
  /** Whether an operator holds the host back, and the image that new VMs are given. */
  held = false;
  image: ImageDigest | undefined;
  /** Whether events are acknowledged. */
  acknowledges = true;
  /** Whether VMs that are gone are still spoken of, as by a slow control plane. */
  keepsTombstones = false;
  /** Whether the journal's disk is full. */
  journalFull = false;
  /** Whether the control plane can be reached. */
  reachable = true;
  socket: AgentSocket | undefined;
  /** What the agent answered to orders to restart, and those that it obeyed. */
  readonly restartAnswers: string[] = [];
  readonly restarts: { reboot: boolean }[] = [];
  /** Whether a service manager would start it again. */
  isService = true;
  connects = 0;
  /** Of the agents that are started from now on. */
  version = '0.0.0';
  lifeline = new Lifeline(undefined);
  agent: RunningAgent | undefined;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    const runner = (options.runner ?? oneJob)(this.clock);
    this.host = new SimHost({
      clock: this.clock,
      random: this.random.fork(),
      runner: (jit, io) => {
        this.runs.push(jit);
        return runner(jit, io);
      },
      images: [testImage],
      ...options.host,
    });
  }

  /** Starts an agent on the host; it is killed at `point`. */
  async startAgent(point?: Point): Promise<void> {
    const life = new Lifeline(point);
    this.lifeline = life;
    const { host } = this;
    const deps: AgentDeps = {
      driver: life.watch('driver', host.driver),
      disk: life.watch('disk', host.disk),
      folder: life.watch('folder', host.folder),
      network: life.watch('network', host.network),
      cage: life.watch('cage', host.cage),
      images: life.watch('images', host.imageSource),
      journal: life.watch('journal', {
        read: () => this.journal.read(),
        append: async (entries) => {
          if (this.journalFull) throw new Error('ENOSPC: no space left on device');
          await this.journal.append(entries);
        },
        replace: (entries) => this.journal.replace(entries),
      }),
      guestLink: {
        connect: async (vm, path) => {
          const stream = await life.watch('guestLink', host.guestLink).connect(vm, path);
          life.hold(() => stream.close());
          return stream;
        },
      },
      vmLogs: this.vmLogs,
      ownLog: { read: ({ count }) => ['one', 'two', 'three'].slice(-count) },
      restart: this.isService ? (how) => void this.restarts.push(how) : undefined,
      inspector: life.bind(host.inspector),
      vitals: life.bind(host.vitals),
      clock: life.bind(machineClock(this.clock, () => this.clockErrorMs)),
      random: this.random.fork(),
      log: this.#log(),
      identity: new PlainIdentity('host-1'),
      dialer: { connect: async () => this.#accept(life) },
    };
    const starting = runAgent(deps, {
      host: hostId('host-1'),
      server: 'https://bellows.example',
      version: this.version,
      ...this.#options.agent,
    });
    starting.then(
      (agent) => {
        if (!life.dead) this.agent = agent;
      },
      // An agent that cannot start ends; its supervisor starts another.
      () => life.kill(),
    );
    await this.clock.advance(0);
  }

  /** How agents are started from now on. */
  configure(agent: Partial<AgentOptions>): void {
    this.#options = { ...this.#options, agent: { ...this.#options.agent, ...agent } };
  }

  /** Ends the agent as `kill -9` would. */
  killAgent(): void {
    this.lifeline.kill();
  }

  order(...vms: Partial<DesiredVm>[]): void {
    this.vms = vms.map((vm, index) => ({
      vm: vmId(`vm-00000000000${index + 1}`),
      vcpus: 2,
      milliCpus: 2000,
      memoryMib: 2048,
      diskGib: 10,
      burstable: false,
      image: testImage,
      hostname: 'runner-1',
      idleTimeoutMs: seconds(300),
      bootTimeoutMs: seconds(60),
      lifetimeMs: 6 * 3_600_000,
      ...vm,
    }));
    this.push();
  }

  async orderWithJit(...vms: Partial<DesiredVm>[]): Promise<void> {
    const sealedJit = await new PlainSealer().seal(new Secret(jitSecret), { sim: 'host-1' });
    this.order(...vms.map((vm) => ({ sealedJit, ...vm })));
  }

  bury(vm: string, rule = 'runner-ended'): void {
    this.vms = this.vms.filter((one) => one.vm !== vm);
    this.tombstones = [...this.tombstones, { vm, rule, reason: 'because' }];
    this.push();
  }

  push(): void {
    this.generation += 1;
    this.say(this.desired());
  }

  desired(): ControlPlaneMessage {
    const { epoch, generation, vms, tombstones, held, image } = this;
    const wishes = { ...(held && { held }), ...(image !== undefined && { image }) };
    return { type: 'desired', protocol: 1, epoch, generation, vms, tombstones, ...wishes };
  }

  say(message: ControlPlaneMessage): void {
    this.socket?.send(JSON.stringify(message));
  }

  kinds(vm: string = testVm): string[] {
    return this.events.filter((event) => event.vm === vm).map(({ event }) => event.kind);
  }

  /** The events of a VM without those that only measure. */
  story(vm: string = testVm): string[] {
    return this.kinds(vm).filter((kind) => !['phase', 'usage'].includes(kind));
  }

  heard(kind: string, vm: string = testVm): boolean {
    return this.kinds(vm).includes(kind);
  }

  event<K extends AgentEvent['event']['kind']>(kind: K, vm: string = testVm) {
    const found = this.events.find((event) => event.vm === vm && event.event.kind === kind)?.event;
    return found as Extract<AgentEvent['event'], { kind: K }> | undefined;
  }

  until(done: () => boolean, limitMs: number = seconds(120)): Promise<boolean> {
    return this.clock.runUntil(done, limitMs);
  }

  async #accept(life: Lifeline): Promise<AgentSocket> {
    if (life.dead) return new Promise(() => {});
    if (!this.reachable) throw new AgentLinkError('connection refused', 'unreachable');
    this.connects += 1;
    const [ours, theirs] = socketPair(this.clock, { delay: () => 1 });
    life.hold(() => theirs.close(1006, 'the agent died'));
    this.socket = ours;
    ours.onMessage((text) => this.#hear(fromAgent.parse(JSON.parse(text)), ours));
    ours.onClose(() => {
      if (this.socket === ours) this.socket = undefined;
    });
    return theirs;
  }

  #hear(message: AgentMessage, socket: AgentSocket): void {
    if (message.type === 'log') {
      this.logs.push(...message.lines);
      return;
    }
    if (message.type === 'restarting') {
      this.restartAnswers.push(message.refused ?? 'yes');
      return;
    }
    this.observed = message;
    const last = this.events.at(-1)?.number ?? 0;
    const fresh = message.events.filter(({ number }) => number > last);
    this.events.push(...fresh);
    if (fresh.some(({ event }) => event.kind === 'gone')) this.#drop(fresh);
    const upTo = this.events.at(-1)?.number;
    if (message.events.length > 0 && this.acknowledges && upTo !== undefined)
      socket.send(JSON.stringify({ type: 'acknowledge', upTo }));
    if (this.generation > 0 && (message.epoch !== this.epoch || message.generation !== this.generation))
      socket.send(JSON.stringify(this.desired()));
  }

  /** A VM that is gone is no longer spoken of. */
  #drop(events: readonly AgentEvent[]): void {
    const gone = new Set(events.flatMap(({ vm, event }) => (event.kind === 'gone' ? [vm] : [])));
    if (this.keepsTombstones) return;
    this.vms = this.vms.filter(({ vm }) => !gone.has(vm));
    this.tombstones = this.tombstones.filter(({ vm }) => !gone.has(vm));
    this.generation += 1;
  }

  #log(): Log {
    const line = (level: string) => (message: string, fields?: LogFields) => {
      const error = fields?.error;
      const why = error instanceof Error ? ` (${error.message})` : '';
      this.logged.push(`${level} ${message}${why} ${JSON.stringify(fields ?? {})}`);
    };
    const log: Log = {
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      with: () => log,
    };
    return log;
  }
}
