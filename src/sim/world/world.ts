// The whole product in one process, on one clock, from one seed: GitHub, the network, any number of control planes on one
// database, and hosts with the production agent on them. The world only sets the stage; what happens on it is decided by
// a scenario or by the swarm, and judged by the checkers.

import type { AgentDeps, AgentOptions } from '../../agent/run.ts';
import type { Deps } from '../../control-plane/deps.ts';
import type { Settings } from '../../control-plane/settings.ts';
import { hostId } from '../../domain/ids.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import { AgentLinkError, type AgentSocket } from '../../ports/agent-link.ts';
import type { Store } from '../../ports/store.ts';
import { simulationStart, VirtualClock } from '../clock.ts';
import type { SimHostEvent } from '../driver/sim-host.ts';
import type { Beliefs } from '../github/beliefs.ts';
import { SimGithub } from '../github/sim-github.ts';
import type { WebhookRequest } from '../github/webhook.ts';
import { SeededRandom } from '../seeded-random.ts';
import { socketPair } from '../socket-pair.ts';
import type { Receipt } from './alert-inbox.ts';
import { HostMachine, type HostSpec } from './host-machine.ts';
import type { MortalStore } from './observed-store.ts';
import { ServerProcess } from './server-process.ts';
import { worldSettings } from './settings.ts';
import { simRunner } from './sim-runner.ts';
import { Trace } from './trace.ts';
import { calm, type Weather } from './weather.ts';

/** Where all servers keep their rows. `store-memory` by default; a test hands in a real PostgreSQL. */
export interface WorldDatabase {
  connect(): MortalStore;
  /** Resolves when no call is under way, where calls take real time: the virtual clock stands still for so long. */
  settled?(): Promise<void>;
}

/** One that can be put back to what it was. */
export interface RestorableDatabase<Snapshot> extends WorldDatabase {
  snapshot(): Snapshot | Promise<Snapshot>;
  restore(snapshot: Snapshot, options?: { epoch?: string }): void | Promise<void>;
}

export interface WorldOptions {
  seed: number;
  database: WorldDatabase;
  /** How many control planes share the database. */
  servers?: number;
  settings?: Partial<Settings>;
  beliefs?: Partial<Beliefs>;
  agent?: Partial<Pick<AgentOptions, 'limits' | 'guest'>>;
  tamper?: Tamper;
  /** Whether somebody is told what is wrong; that costs a look at everything each quarter of a minute. */
  alerts?: boolean;
}

/** Makes the product a broken one, between it and the world: what the checkers are tried on. */
export interface Tamper {
  deps?: (deps: Deps) => Deps;
  agent?: (deps: AgentDeps) => AgentDeps;
}

const webhookSecret = 'a secret of the simulation';

/** What the world tells its checkers as it happens. */
export type WorldEvent =
  | { kind: 'host'; machine: HostMachine; event: SimHostEvent }
  | { kind: 'history'; line: HistoryLine }
  | { kind: 'alert'; receipt: Receipt }
  /** The database was put back to an earlier state: rows that were seen may be gone. */
  | { kind: 'restored' };

export class World {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly weather: Weather = calm();
  readonly github: SimGithub;
  readonly servers: ServerProcess[] = [];
  readonly hosts: HostMachine[] = [];
  settings: Settings;
  /** The observer's own connection: no crash and no weather touches it. */
  readonly store: Store;
  readonly #options: WorldOptions;
  readonly #listeners: ((event: WorldEvent) => void)[] = [];
  /** Requests that GitHub made to our webhook. */
  webhooks = 0;
  /** Servers and agents whose supervisor starts them again. */
  supervised = true;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { database } = options;
    this.clock = new VirtualClock(simulationStart, database.settled?.bind(database));
    this.trace = new Trace(this.clock);
    this.random = new SeededRandom(options.seed);
    this.settings = { ...worldSettings, ...options.settings };
    this.store = database.connect();
    this.github = new SimGithub({
      clock: this.clock,
      random: this.random.fork(),
      webhookSecret,
      ...(options.beliefs === undefined ? {} : { beliefs: options.beliefs }),
    });
    this.github.onDelivery((request) => this.#deliver(request));
    for (let index = 1; index <= (options.servers ?? 1); index += 1) this.#addServer(`server-${index}`);
  }

  on(listener: (event: WorldEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** An organisation that has the App, with its repositories. */
  addOrganization(login: string, repositories: readonly string[]): void {
    this.github.createOrganization(login);
    this.github.installApp(login);
    for (const name of repositories) this.github.createRepository({ owner: login, name, private: true });
  }

  start(): void {
    for (const server of this.servers) server.start();
    for (const host of this.hosts) host.startAgent();
  }

  /** A host that is enrolled; its agent is started with the world, or now when that runs already. */
  async addHost(spec: HostSpec): Promise<HostMachine> {
    const machine = new HostMachine({
      spec,
      clock: this.clock,
      random: this.random.fork(),
      runner: simRunner(() => this.github, this.clock, this.weather),
      image: this.settings.image,
      agent: this.#options.agent ?? {},
      tamper: this.#options.tamper?.agent,
      weather: this.weather,
      trace: this.trace,
      dial: (from) => this.#dial(from),
      observe: (from, event) => {
        if (event.kind !== 'jit-handed')
          this.trace.write(from.name, event.kind, { ...event, kind: undefined });
        this.#tell({ kind: 'host', machine: from, event });
      },
      died: (from) => this.#later(`agent-${from.name}`, () => from.startAgent()),
    });
    this.hosts.push(machine);
    await this.enrol(machine);
    return machine;
  }

  /** As an operator would, with the keys that the host has; a removed host gets a new id. */
  async enrol(machine: HostMachine): Promise<void> {
    machine.enrolments += 1;
    if (machine.enrolments > 1) machine.id = hostId(`host-${machine.name}-${machine.enrolments}`);
    await this.store.transaction(async (tx) => {
      await tx.hosts.insert({
        id: machine.id,
        name: machine.name,
        owners: machine.spec.owners ?? [],
        signingKey: machine.identity.signingKey,
        sealingKey: machine.identity.sealingKey,
        state: 'silent',
        enrolledAt: this.clock.now(),
        generation: 1,
        revision: 0,
        ...(machine.spec.auto === true ? { auto: true } : {}),
      });
    });
  }

  /** The machine is switched on if it is off; one that was removed meanwhile enrols again. */
  async comeBack(machine: HostMachine): Promise<void> {
    const row = await this.store.transaction((tx) => tx.hosts.get(machine.id));
    if (row === undefined) {
      machine.killAgent();
      await this.enrol(machine);
    }
    if (machine.isOff) machine.powerOn();
    else machine.startAgent();
  }

  /** As an operator does it: everything stops, the backup is read in, everything starts. */
  restoreDatabase(readIn: () => void): void;
  restoreDatabase(readIn: () => void | Promise<void>): void | Promise<void>;
  restoreDatabase(readIn: () => void | Promise<void>): void | Promise<void> {
    for (const server of this.servers) server.kill();
    const startAgain = (): void => {
      this.trace.write('operator', 'restored the database');
      this.#tell({ kind: 'restored' });
      for (const server of this.servers) server.start();
    };
    const reading = readIn();
    return reading === undefined ? startAgain() : reading.then(startAgain);
  }

  /** Ends all faults outside GitHub. */
  clearWeather(): void {
    Object.assign(this.weather, calm(), { work: this.weather.work });
  }

  /** The deps of some server that lives, for calling what an operator calls. */
  anyServer(): Deps {
    const found = this.servers.find(({ alive }) => alive)?.deps;
    if (found === undefined) throw new Error('no server is up');
    return found;
  }

  #addServer(name: string): void {
    this.servers.push(
      new ServerProcess({
        name,
        clock: this.clock,
        random: this.random.fork(),
        github: this.github,
        webhookSecret,
        connect: () => this.#options.database.connect(),
        settings: () => this.settings,
        tamper: this.#options.tamper?.deps,
        weather: this.weather,
        trace: this.trace,
        committed: (lines) => this.#committed(lines),
        alerted: this.#options.alerts === true ? (receipt) => this.#alerted(receipt) : undefined,
        died: (server) => this.#later(server.name, () => server.start()),
      }),
    );
  }

  #later(name: string, start: () => void): void {
    void this.clock.sleep(this.weather.restartMs(name)).then(() => {
      if (this.supervised) start();
    });
  }

  /** GitHub's request goes to one of the servers, as behind a balancer that does not know which are up. */
  async #deliver({ headers, body, delivery }: WebhookRequest): Promise<{ status: number }> {
    const way = this.weather.webhook();
    this.webhooks += 1;
    const server = this.servers[Math.floor(this.random.fraction() * this.servers.length)];
    this.trace.write('github', 'delivers', {
      id: delivery.id,
      event: delivery.event,
      action: delivery.action,
      job: delivery.jobId,
      to: server?.name,
      ...(delivery.redelivery ? { again: true } : {}),
      ...(way.lost === 'no' ? {} : { lost: way.lost }),
    });
    await this.clock.sleep(way.delayMs);
    if (server === undefined || way.lost === 'request') throw new Error('the request was lost');
    const lowered = Object.fromEntries(
      Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]),
    );
    const answer = await server.receive({ headers: lowered, body: new TextEncoder().encode(body) });
    if (way.lost === 'answer') throw new Error('the answer was lost');
    return answer;
  }

  async #dial(machine: HostMachine): Promise<AgentSocket> {
    const { weather, clock } = this;
    const server = this.servers[Math.floor(this.random.fraction() * this.servers.length)];
    await clock.sleep(weather.linkDelayMs());
    if (server === undefined || !server.alive || weather.isCut(machine.name, server.name))
      throw new AgentLinkError('connection refused', 'unreachable');
    const host = await this.store.transaction((tx) => tx.hosts.get(machine.id));
    if (host === undefined) throw new AgentLinkError('this host is not enrolled', 'refused');
    const [ours, theirs] = socketPair(clock, {
      delay: () => weather.linkDelayMs(),
      isCut: () => weather.isCut(machine.name, server.name),
    });
    this.trace.write(machine.name, 'links', { to: server.name });
    server.accept(machine.id, ours);
    return theirs;
  }

  #committed(lines: readonly HistoryLine[]): void {
    for (const line of lines) {
      const { subject } = line;
      const who = subject.kind === 'system' ? 'system' : `${subject.kind}:${subject.id}`;
      this.trace.write(who, line.event, line.data);
      this.#tell({ kind: 'history', line });
    }
  }

  #alerted(receipt: Receipt): void {
    const { id, items } = receipt.message;
    this.trace.write('somebody', 'is told', {
      id,
      items: items.map(({ state, rule }) => `${state} ${rule}`),
    });
    this.#tell({ kind: 'alert', receipt });
  }

  #tell(event: WorldEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
