// An agent as short as can be: it takes what is desired, says what a good host would say, and its runners are the
// simulator's. For tests of the control plane alone; what the product ships is `src/agent`.

import { minutes, seconds } from '../../src/domain/time.ts';
import type { AgentSocket } from '../../src/ports/agent-link.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type JobWork, runInProcess } from '../../src/sim/github/in-process-runner.ts';
import type { SimGithub } from '../../src/sim/github/sim-github.ts';
import type { PlainIdentity } from '../../src/sim/plain-sealer.ts';
import {
  type AgentEvent,
  type AgentMessage,
  agentProtocolVersion,
  type ControlPlaneMessage,
} from '../../src/wire/agent-protocol.ts';

type Desired = Extract<ControlPlaneMessage, { type: 'desired' }>;
type Event = AgentEvent['event'];
type Capacity = Extract<AgentMessage, { type: 'observed' }>['capacity'];

export interface ScriptedAgentOptions {
  clock: Clock;
  github: SimGithub;
  identity: PlainIdentity;
  socket: AgentSocket;
  capacity: Capacity;
  work?: () => JobWork;
  bootMs?: number;
  /** From the runner's last word to the end of its process. */
  exitMs?: number;
}

interface Machine {
  power: AbortController;
  handed: boolean;
  answered: Set<string>;
  workerAlive: boolean;
  runnerAlive: boolean;
}

export class ScriptedAgent {
  /** Every VM that was ever started here, for counting. */
  readonly started: string[] = [];
  /** Every VM that it was told to destroy. */
  readonly destroyed: string[] = [];
  /** How its links ended. */
  readonly farewells: { code: number; reason: string }[] = [];
  readonly #options: ScriptedAgentOptions;
  readonly #machines = new Map<string, Machine>();
  readonly #gone = new Set<string>();
  #images: string[];
  #strangers: readonly string[] = [];
  #events: AgentEvent[] = [];
  #number = 0;
  #epoch = '';
  #generation = 0;
  #socket: AgentSocket | undefined;

  constructor(options: ScriptedAgentOptions) {
    this.#options = options;
    this.#images = options.capacity.images;
    this.dial(options.socket);
    void this.#heartbeat();
  }

  /** What the host has from now on, as after an image was built or copied there. */
  offerImages(images: readonly string[]): void {
    this.#images = [...images];
  }

  /** VMs that run here and that the control plane never gave it. */
  haveStrangers(vms: readonly string[]): void {
    this.#strangers = vms;
  }

  /** Takes a new link; the VMs go on meanwhile. */
  dial(socket: AgentSocket): void {
    this.#socket = socket;
    socket.onClose((code, reason) => this.farewells.push({ code, reason }));
    socket.onMessage((text) => this.#hear(JSON.parse(text) as ControlPlaneMessage));
    this.#observe();
  }

  hangUp(): void {
    this.#socket?.close(1006, 'the other side is gone');
    this.#socket = undefined;
  }

  /** The power goes: everything on the host ends, and nobody says so. */
  die(): void {
    this.hangUp();
    for (const machine of this.#machines.values()) machine.power.abort();
    this.#machines.clear();
  }

  #hear(message: ControlPlaneMessage): void {
    if (message.type === 'acknowledge')
      this.#events = this.#events.filter(({ number }) => number > message.upTo);
    if (message.type === 'desired') this.#take(message);
  }

  #take(desired: Desired): void {
    this.#epoch = desired.epoch;
    this.#generation = desired.generation;
    for (const want of desired.vms) {
      if (this.#gone.has(want.vm)) continue;
      const machine = this.#machines.get(want.vm) ?? this.#start(want.vm);
      if (want.sealedJit !== undefined && !machine.handed) void this.#run(want.vm, machine, want.sealedJit);
      if (want.question !== undefined && !machine.answered.has(want.question)) {
        machine.answered.add(want.question);
        const { workerAlive: alive, runnerAlive } = machine;
        this.#say(want.vm, {
          kind: 'worker',
          question: want.question,
          alive,
          runnerAlive,
          askedAt: this.#now(),
        });
      }
    }
    for (const { vm } of desired.tombstones) this.#destroy(vm);
    this.#observe();
  }

  #start(vm: string): Machine {
    const machine: Machine = {
      power: new AbortController(),
      handed: false,
      answered: new Set(),
      workerAlive: false,
      runnerAlive: false,
    };
    this.#machines.set(vm, machine);
    this.started.push(vm);
    this.#say(vm, { kind: 'process-up' });
    return machine;
  }

  async #run(vm: string, machine: Machine, sealed: string): Promise<void> {
    machine.handed = true;
    const { clock, github, identity, work, bootMs = seconds(3), exitMs = 0 } = this.#options;
    const jitConfig = (await identity.unseal(sealed)).reveal();
    await clock.sleep(bootMs);
    if (machine.power.signal.aborted) return;
    this.#say(vm, { kind: 'guest-up', bootId: `boot-${vm}` });
    this.#say(vm, { kind: 'handed' });
    machine.runnerAlive = true;
    let ranJob = false;
    const code = await runInProcess({
      github,
      clock,
      jitConfig,
      work: work ?? (() => ({ durationMs: minutes(1), conclusion: 'success' })),
      signal: machine.power.signal,
      on: {
        listening: () => this.#say(vm, { kind: 'runner-listening' }),
        jobStarted: ({ name }) => {
          ranJob = true;
          machine.workerAlive = true;
          this.#say(vm, { kind: 'job-started', jobName: name });
        },
        jobEnded: ({ name }, conclusion) => {
          machine.workerAlive = false;
          this.#say(vm, { kind: 'job-ended', jobName: name, result: String(conclusion) });
        },
      },
    });
    if (exitMs > 0) await clock.sleep(exitMs);
    machine.runnerAlive = false;
    if (!machine.power.signal.aborted) this.#say(vm, { kind: 'runner-exited', code, ranJob });
  }

  #destroy(vm: string): void {
    if (this.#gone.has(vm)) return;
    this.#gone.add(vm);
    this.destroyed.push(vm);
    this.#machines.get(vm)?.power.abort();
    this.#machines.delete(vm);
    this.#say(vm, { kind: 'gone' });
  }

  #say(vm: string, event: Event): void {
    this.#number += 1;
    this.#events.push({ number: this.#number, at: this.#now(), vm, event });
    this.#observe();
  }

  #observe(): void {
    const message: AgentMessage = {
      type: 'observed',
      protocol: agentProtocolVersion,
      agentVersion: 'scripted',
      driver: 'sim',
      epoch: this.#epoch,
      generation: this.#generation,
      vms: [
        ...[...this.#machines.keys()].map((vm) => ({ vm, state: 'running' as const })),
        ...this.#strangers.map((vm) => ({ vm, state: 'unknown-to-you' as const })),
      ],
      capacity: { ...this.#options.capacity, images: this.#images },
      events: this.#events,
    };
    this.#socket?.send(JSON.stringify(message));
  }

  async #heartbeat(): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(seconds(10));
      this.#observe();
    }
  }

  #now(): number {
    return this.#options.clock.now();
  }
}
