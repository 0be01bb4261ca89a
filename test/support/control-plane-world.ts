// The control plane on a virtual clock, with GitHub simulated in process and scripted agents as hosts.

import { createMemoryDatabase, type MemoryStore } from '../../src/adapters/store-memory/memory-store.ts';
import type { Deps } from '../../src/control-plane/deps.ts';
import { type ControlPlane, runControlPlane } from '../../src/control-plane/run.ts';
import type { Settings } from '../../src/control-plane/settings.ts';
import { receiveWebhook } from '../../src/control-plane/webhook.ts';
import { type HostId, hostId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/lifecycle/job.ts';
import type { Vm } from '../../src/domain/lifecycle/vm.ts';
import { seconds } from '../../src/domain/time.ts';
import type { AgentSocket } from '../../src/ports/agent-link.ts';
import type { Log } from '../../src/ports/log.ts';
import { Secret } from '../../src/ports/secret.ts';
import { VirtualClock } from '../../src/sim/clock.ts';
import { InProcessGitHub } from '../../src/sim/github/in-process-api.ts';
import { InProcessGitHubHook } from '../../src/sim/github/in-process-hook.ts';
import type { JobWork } from '../../src/sim/github/in-process-runner.ts';
import { InProcessGitHubStatus } from '../../src/sim/github/in-process-status.ts';
import { SimGithub } from '../../src/sim/github/sim-github.ts';
import { PlainIdentity, PlainSealer } from '../../src/sim/plain-sealer.ts';
import { SeededRandom } from '../../src/sim/seeded-random.ts';
import { socketPair } from '../../src/sim/socket-pair.ts';
import { worldSettings } from '../../src/sim/world/settings.ts';
import { ScriptedAgent } from './scripted-agent.ts';

const webhookSecret = 'a secret of the tests';
const { image } = worldSettings;

export const testSettings: Settings = {
  ...worldSettings,
  installationTag: 'test',
  processName: 'control-plane-1',
  owners: ['acme'],
};

export interface LoggedLine {
  level: string;
  message: string;
  fields: unknown;
}

export class ControlPlaneWorld {
  readonly clock = new VirtualClock();
  readonly random = new SeededRandom(1);
  readonly github: SimGithub;
  readonly lines: LoggedLine[] = [];
  readonly #database = createMemoryDatabase();
  readonly #settings: Settings;
  readonly #hosts = new Map<HostId, ScriptedAgent>();
  #process: { store: MemoryStore; deps: Deps; controlPlane: ControlPlane } | undefined;
  /** A connection of the test's own, which no crash takes away. */
  readonly store = this.#database.connect();

  constructor(settings: Partial<Settings> = {}) {
    this.#settings = { ...testSettings, ...settings };
    this.github = new SimGithub({ clock: this.clock, random: this.random.fork(), webhookSecret });
    this.github.createOrganization('acme');
    this.github.installApp('acme');
    this.github.createRepository({ owner: 'acme', name: 'app', private: true });
    this.start();
  }

  /** Starts the control plane, as after a crash, perhaps with other settings; hosts dial in again. */
  start(settings: Partial<Settings> = {}): void {
    const store = this.#database.connect();
    const deps: Deps = {
      store,
      github: new InProcessGitHub(this.github),
      hook: new InProcessGitHubHook(this.github),
      statusFeed: new InProcessGitHubStatus(this.github),
      sealer: new PlainSealer(),
      clock: this.clock,
      random: this.random.fork(),
      log: this.#log(),
      settings: { ...this.#settings, ...settings },
    };
    const webhook = { ...deps, secrets: [new Secret(webhookSecret)] };
    this.github.onDelivery(async ({ headers, body }) => {
      const lowered = Object.fromEntries(
        Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]),
      );
      return receiveWebhook(webhook, { headers: lowered, body: new TextEncoder().encode(body) });
    });
    this.#process = { store, deps, controlPlane: runControlPlane(deps) };
    for (const [id, agent] of this.#hosts) agent.dial(this.#link(id));
  }

  /** What the running control plane was made of. */
  get deps(): Deps {
    if (this.#process === undefined) throw new Error('no control plane is running');
    return this.#process.deps;
  }

  /** Another control plane on the same database, which gets no webhooks and no links. */
  startAnother(processName: string): Deps {
    const deps = { ...this.deps, store: this.#database.connect() };
    const another = { ...deps, settings: { ...deps.settings, processName } };
    runControlPlane(another);
    return another;
  }

  /** `kill -9`: nothing that the process waits for settles any more, and GitHub meets a closed port. */
  crash(): void {
    this.#process?.store.crash();
    this.#process = undefined;
    this.github.onDelivery(() => Promise.reject(new Error('connection refused')));
    for (const agent of this.#hosts.values()) agent.hangUp();
  }

  /** The host's agent reaches the control plane again. */
  redial(name: string): void {
    const id = hostId(`host-${name}`);
    this.#hosts.get(id)?.dial(this.#link(id));
  }

  #link(id: HostId): AgentSocket {
    const [ours, theirs] = socketPair(this.clock, { delay: () => 5 });
    this.#process?.controlPlane.links.accept(id, ours);
    return theirs;
  }

  /** A host with room for `vms` VMs of 2 CPUs and 4 GiB. */
  async addHost(
    name: string,
    vms: number,
    work?: () => JobWork,
    labels: readonly string[] = [],
    { auto, ...pace }: { auto?: true; bootMs?: number; exitMs?: number } = {},
  ): Promise<ScriptedAgent> {
    const identity = new PlainIdentity(name);
    const id = hostId(`host-${name}`);
    await this.store.transaction(async (tx) => {
      await tx.hosts.insert({
        id,
        name,
        owners: [],
        signingKey: identity.signingKey,
        sealingKey: identity.sealingKey,
        state: 'online',
        enrolledAt: this.clock.now(),
        ...(auto !== undefined && { auto }),
        generation: 0,
        revision: 0,
      });
    });
    const agent = new ScriptedAgent({
      clock: this.clock,
      github: this.github,
      identity,
      socket: this.#link(id),
      capacity: {
        arch: 'x64',
        milliCpus: vms * 2000,
        memoryMib: vms * 4096,
        diskGib: vms * 20,
        maxBooting: vms,
        labels: [...labels],
        images: [image],
      },
      ...(work !== undefined && { work }),
      ...pace,
    });
    this.#hosts.set(id, agent);
    return agent;
  }

  async jobs(): Promise<readonly Job[]> {
    return this.store.transaction((tx) => tx.jobs.list({}, 1000));
  }

  async vms(): Promise<readonly Vm[]> {
    return this.store.transaction((tx) => tx.vms.list({}, 1000));
  }

  /** Moves the clock on until `done` holds, looking each second. */
  async until(done: () => Promise<boolean>, limitMs: number): Promise<boolean> {
    for (let passed = 0; passed <= limitMs; passed += seconds(1)) {
      if (await done()) return true;
      await this.clock.advance(seconds(1));
    }
    return false;
  }

  #log(): Log {
    const at = (level: string) => (message: string, fields?: unknown) => {
      this.lines.push({ level, message, fields });
    };
    const log: Log = {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      with: () => log,
    };
    return log;
  }
}
