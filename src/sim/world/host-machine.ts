// One server of the user's: its VMs and disks, and the agent on it, which dies and is started again by its supervisor.

import { type AgentDeps, type AgentOptions, runAgent } from '../../agent/run.ts';
import { type HostId, hostId, type ImageDigest, type VmId } from '../../domain/ids.ts';
import type { AgentSocket } from '../../ports/agent-link.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HostFacts } from '../../ports/host-inspector.ts';
import type { Secret } from '../../ports/secret.ts';
import { Lifeline } from '../crash-points.ts';
import { SimHost, type SimHostEvent } from '../driver/sim-host.ts';
import type { SimRunner } from '../driver/sim-runner.ts';
import { MemoryJournal } from '../memory-journal.ts';
import { MemoryVmLogs } from '../memory-vm-logs.ts';
import { PlainIdentity } from '../plain-sealer.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { machineClock } from './machine-clock.ts';
import { processLog } from './process-log.ts';
import type { Trace } from './trace.ts';
import type { Weather } from './weather.ts';

export interface HostSpec {
  name: string;
  facts: HostFacts;
  labels?: readonly string[];
  /** Lower-cased accounts that may use it; every account when left out. */
  owners?: readonly string[];
  /** Enrolled by a machine: it may be removed, and then enrols again. */
  auto?: boolean;
  diskGib?: number;
  maxBooting?: number;
}

export interface HostParts {
  spec: HostSpec;
  clock: Clock;
  random: SeededRandom;
  runner: SimRunner;
  image: ImageDigest;
  agent: Partial<Pick<AgentOptions, 'limits' | 'guest'>>;
  tamper: ((deps: AgentDeps) => AgentDeps) | undefined;
  weather: Weather;
  trace: Trace;
  dial: (machine: HostMachine, token: Secret) => Promise<AgentSocket>;
  observe: (machine: HostMachine, event: SimHostEvent) => void;
  /** The agent died by a blow, or could not start. */
  died: (machine: HostMachine) => void;
}

export class HostMachine {
  readonly spec: HostSpec;
  id: HostId;
  readonly identity: PlainIdentity;
  readonly journal = new MemoryJournal();
  readonly logs = new MemoryVmLogs();
  readonly host: SimHost;
  readonly #parts: HostParts;
  #life: Lifeline | undefined;
  isOff = false;
  enrolments = 0;
  /** As a full disk does it to the journal. */
  journalIsFull = false;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.spec = parts.spec;
    this.id = hostId(`host-${parts.spec.name}`);
    this.identity = new PlainIdentity(parts.spec.name);
    const { weather, spec } = parts;
    this.host = new SimHost({
      clock: parts.clock,
      random: parts.random.fork(),
      runner: parts.runner,
      images: [parts.image],
      facts: spec.facts,
      ...(spec.diskGib === undefined ? {} : { diskGib: spec.diskGib }),
      startMs: () => weather.startMs(spec.name),
      behaviour: (vm) => weather.guest(spec.name, vm),
      observe: (event) => parts.observe(this, event),
    });
  }

  get name(): string {
    return this.spec.name;
  }

  get agentIsAlive(): boolean {
    return this.#life !== undefined;
  }

  startAgent(): void {
    if (this.#life !== undefined || this.isOff) return;
    const { clock, weather, trace, dial, spec, tamper = (whole) => whole } = this.#parts;
    const who = `agent-${this.name}`;
    const life = new Lifeline(
      (call, when) => weather.blow(who, call, when),
      () => {
        trace.write(who, 'died', { at: life.reached ?? 'killed' });
        this.#life = undefined;
        if (!this.isOff && life.reached !== undefined) this.#parts.died(this);
      },
    );
    this.#life = life;
    trace.write(who, 'started');
    const { host } = this;
    const deps = tamper({
      driver: life.watch('driver', host.driver),
      disk: life.watch('disk', host.disk),
      folder: life.watch('folder', host.folder),
      network: life.watch('network', host.network),
      cage: life.watch('cage', host.cage),
      images: life.watch('images', host.imageSource),
      journal: life.watch('journal', this.#journal()),
      guestLink: life.watch('guestLink', {
        connect: async (vm: VmId) => {
          const stream = await host.guestLink.connect(vm, '');
          // Held from the start: a process that dies right after the call leaves no open socket either.
          const held = life.hold(() => stream.close());
          return {
            ...stream,
            close: () => {
              held.release();
              stream.close();
            },
          };
        },
      }),
      vmLogs: this.logs,
      inspector: life.bind(host.inspector),
      vitals: life.bind(host.vitals),
      clock: life.bind(machineClock(clock, () => weather.clockErrorMs(this.name))),
      random: this.#parts.random.fork(),
      log: processLog(trace, who, life),
      identity: this.identity,
      dialer: {
        connect: async (_url, token) => {
          const socket = await dial(this, token);
          life.hold(() => socket.close(1006, 'the agent died'));
          return socket;
        },
      },
    });
    const options = {
      host: this.id,
      server: 'https://bellows.example',
      version: '0.0.0',
      offer: { labels: spec.labels ?? [], maxBooting: spec.maxBooting ?? 2, memoryReserveMib: 0 },
      ...this.#parts.agent,
    };
    runAgent(deps, options).catch((error: unknown) => {
      if (life.dead) return;
      // An agent that cannot start ends; its supervisor starts another.
      trace.write(who, 'could not start', { error: error instanceof Error ? error.message : String(error) });
      life.reached = 'start';
      life.kill();
    });
  }

  /** `kill -9`; its VMs go on. */
  killAgent(): void {
    this.#life?.kill();
  }

  /** The power fails. Disks stay. */
  powerOff(): void {
    this.isOff = true;
    this.killAgent();
    this.host.reboot();
    this.#parts.trace.write(this.name, 'power off');
  }

  powerOn(): void {
    this.isOff = false;
    this.host.comeUp();
    this.#parts.trace.write(this.name, 'power on');
    this.startAgent();
  }

  #journal() {
    const { journal } = this;
    const refuseWhenFull = (): void => {
      if (this.journalIsFull) throw new Error('ENOSPC: no space left on device');
    };
    return {
      read: () => journal.read(),
      append: async (entries: readonly object[]) => {
        refuseWhenFull();
        await journal.append(entries);
      },
      replace: async (entries: readonly object[]) => {
        refuseWhenFull();
        await journal.replace(entries);
      },
    };
  }
}
