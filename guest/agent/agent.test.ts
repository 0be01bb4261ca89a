// The guest agent on a fake machine and a virtual clock, and a host that speaks the real protocol.

import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../../src/ports/guest-link.ts';
import { VirtualClock } from '../../src/sim/clock.ts';
import { bytePair } from '../../src/sim/driver/byte-pair.ts';
import { type Pump, pump } from '../../src/wire/guest-protocol/channel-pump.ts';
import { fromGuest, type GuestMessage, type HostMessage } from '../../src/wire/guest-protocol/messages.ts';
import { ReliableChannel } from '../../src/wire/guest-protocol/reliable-channel.ts';
import { GuestAgent, type Machine, type RunnerStart, type RunnerWatch } from './agent.ts';

class FakeMachine implements Machine {
  readonly clock = new VirtualClock();
  readonly started: RunnerStart[] = [];
  readonly signals: string[] = [];
  configured = 0;
  poweredOff = false;
  worker = false;
  runnerAlive = false;
  obeysTerm = true;
  refusesToStart = false;
  readonly hasWorkers = true;
  phases: { phase: 'kernel' | 'docker'; uptimeMs: number }[] = [{ phase: 'kernel', uptimeMs: 900 }];

  readonly #start = this.clock.now();
  uptimeMs() {
    return this.clock.now() - this.#start;
  }
  sleep(ms: number, signal?: AbortSignal) {
    return this.clock.sleep(ms, signal);
  }
  session() {
    return 'guest';
  }
  hello() {
    return { protocol: 1, bootId: 'boot', agentVersion: 'test', cpus: 2, memoryMib: 1024, kernel: '6.1' };
  }
  heardAt: number | undefined;
  heard() {
    this.heardAt ??= this.uptimeMs();
  }
  freshPhases() {
    return this.phases.splice(0);
  }
  async configure() {
    this.configured += 1;
  }
  async startRunner(start: RunnerStart) {
    if (this.refusesToStart) throw new Error('no such program');
    this.started.push(start);
    this.runnerAlive = true;
    return this.#runner();
  }
  #runner() {
    return {
      alive: () => this.runnerAlive,
      terminate: () => {
        this.signals.push('TERM');
        if (this.obeysTerm) this.exit(0);
      },
      kill: () => {
        this.signals.push('KILL');
        this.runnerAlive = false;
      },
    };
  }
  exit(code: number) {
    this.runnerAlive = false;
    this.started[0]?.onExit(code);
  }
  /** What an earlier agent has left: the lines of its runner. */
  kept: 'none' | 'unknown' | readonly string[] = 'none';
  takeUpRunner(watch: RunnerWatch) {
    const { kept } = this;
    if (kept === 'none' || kept === 'unknown') return kept;
    this.started.push({ ...watch, jitConfig: 'of an earlier agent', environment: {} });
    this.runnerAlive = true;
    void this.clock.sleep(0).then(() => {
      for (const line of kept) watch.onLine(line, true);
    });
    return this.#runner();
  }
  configuredBefore() {
    return undefined;
  }
  workerLives() {
    return this.worker;
  }
  async reach(places: readonly { host: string; port: number }[]) {
    return places.map(({ host }) => ({ host, foundMs: 3, connectedMs: 20, why: '' }));
  }
  usage() {
    return { cpuPercentPeak: 50, memoryMibPeak: 100, diskMibPeak: 10 };
  }
  async powerOff() {
    this.poweredOff = true;
  }
}

class Host {
  readonly heard: GuestMessage[] = [];
  #channel = new ReliableChannel({ role: 'asks', session: 'host', acknowledges: 'at-once' });
  #port: ByteStream | undefined;
  #connection: ByteStream | undefined;
  readonly machine = new FakeMachine();
  #pump: Pump | undefined;
  #join: ((stream: ReturnType<typeof bytePair>[0]) => void) | undefined;

  constructor(kept: FakeMachine['kept'] = 'none') {
    this.machine.kept = kept;
    const streams = this.#streams();
    void new GuestAgent(this.machine).serve(streams);
  }

  async *#streams() {
    for (;;)
      yield await new Promise<ReturnType<typeof bytePair>[0]>((resolve) => {
        this.#join = resolve;
      });
  }

  async connect() {
    const [ours, theirs] = bytePair();
    await this.machine.clock.advance(0);
    this.#join?.(theirs);
    this.#port = ours;
    void this.#hearPort(ours);
    await this.#talk(ours);
  }
  /** Another host agent, on the same port: the guest sees no end of the connection before. */
  async giveWay() {
    if (this.#port === undefined) throw new Error('nobody is connected');
    this.#channel.detach();
    this.#channel = new ReliableChannel({ role: 'asks', session: 'next', acknowledges: 'at-once' });
    await this.#talk(this.#port);
  }
  /** What the guest says comes to whoever is connected. */
  async #hearPort(port: ByteStream) {
    for await (const bytes of port.incoming) await this.#connection?.write(bytes);
    this.#connection?.close();
  }
  async #talk(port: ByteStream) {
    const [ours, theirs] = bytePair();
    this.#connection = theirs;
    const carried = (async () => {
      for await (const bytes of theirs.incoming) await port.write(bytes);
    })();
    this.#pump = pump(this.#channel, ours, {
      now: () => this.machine.clock.now(),
      sleep: (ms, signal) => this.machine.clock.sleep(ms, signal),
      onMessage: ({ body }) => void this.heard.push(fromGuest.parse(body)),
    });
    void carried.then(() => (this.#connection === theirs ? port.close() : undefined));
    await this.machine.clock.advance(300);
  }
  async say(message: HostMessage) {
    this.#channel.send(message);
    this.#pump?.wake();
    await this.machine.clock.advance(10);
  }
  async cut() {
    this.#pump?.close();
    await this.machine.clock.advance(10);
  }
  types() {
    return this.heard.map((message) => message.type).filter((type) => type !== 'log');
  }
  async print(...lines: string[]) {
    for (const line of lines) this.machine.started[0]?.onLine(line, false);
    await this.machine.clock.advance(10);
  }
}

const configure: HostMessage = {
  type: 'configure',
  epochMs: 0,
  hostname: 'vm',
  hosts: [],
  environment: { http_proxy: 'http://proxy' },
  idleTimeoutMs: 60_000,
  dockerMirrors: [],
};

async function running(): Promise<Host> {
  const host = new Host();
  await host.connect();
  await host.say(configure);
  await host.say({ type: 'run', jitConfig: 'secret' });
  await host.print('2026-01-01 00:00:00Z: Listening for Jobs');
  return host;
}
const jobStarts = '2026-01-01 00:00:00Z: Running job: build';
const jobEnds = '2026-01-01 00:00:00Z: Job build completed with result: Succeeded';

describe('a guest agent that was started anew', () => {
  it('takes up the runner of the one before, and tells its job to the end', async () => {
    const host = new Host(['2026-01-01 00:00:00Z: Listening for Jobs', jobStarts]);
    await host.connect();
    expect(host.types()).toEqual(
      expect.arrayContaining(['hello', 'runner-started', 'runner-listening', 'job-started']),
    );
    await host.say({ type: 'run', jitConfig: 'secret' });
    expect(host.machine.started).toHaveLength(1);
    await host.say({ type: 'ask-worker', question: 'q' });
    expect(host.heard.at(-1)).toMatchObject({ type: 'worker', alive: true, runnerAlive: true });
    await host.print(jobEnds);
    host.machine.exit(-1);
    await host.machine.clock.advance(300);
    expect(host.heard.at(-1)).toMatchObject({ type: 'runner-exited', code: -1, ranJob: true });
    // What the one before may have passed on is not in the log twice.
    const logged = host.heard.filter((message) => message.type === 'log' && message.source === 'runner');
    expect(logged).toMatchObject([{ line: jobEnds }]);
  });

  it('starts no second runner where the one before died over starting it', async () => {
    const host = new Host('unknown');
    await host.connect();
    await host.say({ type: 'run', jitConfig: 'secret' });
    expect(host.machine.started).toEqual([]);
    expect(host.types()).not.toContain('runner-exited');
  });
});

describe('the guest agent', () => {
  it('says hello and its phases, is configured, and tells a job from its beginning to its end', async () => {
    const host = await running();
    await host.print(jobStarts, jobEnds);
    host.machine.exit(0);
    await host.machine.clock.advance(300);
    expect(host.types().sort()).toEqual(
      [
        'hello',
        'phase',
        'configured',
        'runner-started',
        'runner-listening',
        'job-started',
        'usage',
        'job-ended',
        'runner-exited',
      ].sort(),
    );
    expect(host.heard.at(-1)).toMatchObject({ type: 'runner-exited', code: 0, ranJob: true });
    expect(host.machine.started[0]).toMatchObject({
      jitConfig: 'secret',
      environment: { http_proxy: 'http://proxy' },
    });
  });

  it('lets Docker start once the host has heard it, or does not answer', async () => {
    const host = new Host();
    await host.connect();
    expect(host.machine.heardAt).toBeUndefined();
    await host.say(configure);
    await host.machine.clock.advance(30);
    expect(host.machine.heardAt).toBeLessThan(500);
    const mute = new Host();
    await mute.connect();
    await mute.machine.clock.advance(2000);
    expect(mute.machine.heardAt).toBe(1500);
  });

  it('starts one runner, however often it is told to (I2)', async () => {
    const host = await running();
    await host.say({ type: 'run', jitConfig: 'secret' });
    await host.say({ type: 'run', jitConfig: 'another' });
    expect(host.machine.started).toHaveLength(1);
  });

  it('keeps what happens while nobody is connected, and tells it afterwards', async () => {
    const host = await running();
    await host.cut();
    const before = host.types().length;
    await host.print(jobStarts, jobEnds);
    host.machine.exit(0);
    await host.machine.clock.advance(60_000);
    expect(host.types()).toHaveLength(before);
    await host.connect();
    expect(host.types().slice(before)).toEqual([
      'job-started',
      'usage',
      'job-ended',
      'runner-exited',
      'hello',
    ]);
  });

  it('says hello to another host agent that came before it saw the first one go', async () => {
    const host = new Host();
    await host.connect();
    expect(host.types()).toContain('hello');
    const before = host.heard.length;
    await host.giveWay();
    expect(host.heard.slice(before).map(({ type }) => type)).toContain('hello');
    await host.say(configure);
    expect(host.types()).toContain('configured');
  });

  it('answers about its worker truthfully at the moment of the question', async () => {
    const host = await running();
    await host.say({ type: 'ask-worker', question: 'q1' });
    expect(host.heard.at(-1)).toMatchObject({ question: 'q1', alive: false, runnerAlive: true });
    host.machine.worker = true;
    await host.say({ type: 'ask-worker', question: 'q2' });
    expect(host.heard.at(-1)).toMatchObject({ question: 'q2', alive: true });
    host.machine.worker = false;
    await host.print(jobStarts);
    await host.say({ type: 'ask-worker', question: 'q3' });
    expect(host.heard.at(-1)).toMatchObject({ question: 'q3', alive: true });
    host.machine.exit(2);
    await host.machine.clock.advance(10);
    await host.say({ type: 'ask-worker', question: 'q4' });
    expect(host.heard.at(-1)).toMatchObject({ question: 'q4', alive: false, runnerAlive: false });
  });

  it('says which places it reaches', async () => {
    const host = await running();
    await host.say({ type: 'ask-reach', question: 'q1', places: [{ host: 'api.github.com', port: 443 }] });
    expect(host.heard.at(-1)).toMatchObject({
      type: 'reached',
      question: 'q1',
      places: [{ host: 'api.github.com', foundMs: 3, connectedMs: 20, why: '' }],
    });
  });

  it('finds that it idles, once', async () => {
    const host = await running();
    await host.machine.clock.advance(200_000);
    expect(host.heard.filter((message) => message.type === 'watchdog')).toMatchObject([{ finding: 'idle' }]);
  });

  it('says so when the runner cannot be started', async () => {
    const host = new Host();
    host.machine.refusesToStart = true;
    await host.connect();
    await host.say(configure);
    await host.say({ type: 'run', jitConfig: 'secret' });
    expect(host.heard).toContainEqual(
      expect.objectContaining({ type: 'runner-exited', code: -1, ranJob: false }),
    );
    expect(host.heard).toContainEqual(
      expect.objectContaining({ type: 'log', line: 'the runner could not be started: no such program' }),
    );
  });

  it('shuts down: asks the runner, kills it when it does not go, and powers off', async () => {
    const host = await running();
    host.machine.obeysTerm = false;
    await host.say({ type: 'shutdown', graceMs: 30_000 });
    await host.machine.clock.advance(29_000);
    expect(host.machine.signals).toEqual(['TERM']);
    await host.machine.clock.advance(3000);
    expect(host.machine.signals).toEqual(['TERM', 'KILL']);
    expect(host.machine.poweredOff).toBe(true);
  });

  it('is not reconfigured under a running job', async () => {
    const host = await running();
    await host.say(configure);
    expect(host.machine.configured).toBe(1);
    expect(host.heard.filter((message) => message.type === 'configured')).toHaveLength(2);
  });
});
