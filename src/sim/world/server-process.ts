// One process of the control plane, as often as it is started again. What it was dies with it: a new start has a new
// connection, a new lifeline, and no memory.

import type { Deps } from '../../control-plane/deps.ts';
import { type ControlPlane, runControlPlane } from '../../control-plane/run.ts';
import type { Settings } from '../../control-plane/settings.ts';
import { receiveWebhook } from '../../control-plane/webhook.ts';
import type { HostId } from '../../domain/ids.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import type { AgentSocket } from '../../ports/agent-link.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RawRequest } from '../../ports/http.ts';
import { Secret } from '../../ports/secret.ts';
import { Lifeline } from '../crash-points.ts';
import { InProcessGitHub } from '../github/in-process-api.ts';
import { InProcessGitHubHook } from '../github/in-process-hook.ts';
import { InProcessGitHubStatus } from '../github/in-process-status.ts';
import type { SimGithub } from '../github/sim-github.ts';
import { PlainSealer } from '../plain-sealer.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { alertInbox, type Receipt } from './alert-inbox.ts';
import { machineClock } from './machine-clock.ts';
import { type MortalStore, observedStore } from './observed-store.ts';
import { processLog } from './process-log.ts';
import type { Trace } from './trace.ts';
import type { Weather } from './weather.ts';

export interface ServerParts {
  name: string;
  clock: Clock;
  random: SeededRandom;
  github: SimGithub;
  webhookSecret: string;
  connect: () => MortalStore;
  settings: () => Settings;
  tamper: ((deps: Deps) => Deps) | undefined;
  weather: Weather;
  trace: Trace;
  committed: (lines: readonly HistoryLine[]) => void;
  /** Somebody who is told what is wrong; nobody when it is left out. */
  alerted: ((receipt: Receipt) => void) | undefined;
  /** The process died by a blow, not by `kill`. */
  died: (server: ServerProcess) => void;
}

interface Life {
  lifeline: Lifeline;
  deps: Deps;
  controlPlane: ControlPlane;
}

export class ServerProcess {
  readonly name: string;
  readonly #parts: ServerParts;
  #life: Life | undefined;
  starts = 0;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.name = parts.name;
  }

  get alive(): boolean {
    return this.#life !== undefined;
  }

  /** What a request handler of the HTTP server is handed. */
  get deps(): Deps | undefined {
    return this.#life?.deps;
  }

  start(): void {
    if (this.#life !== undefined) return;
    const { clock, weather, trace, github, tamper = (whole) => whole } = this.#parts;
    const connection = this.#parts.connect();
    const lifeline = new Lifeline(
      (call, when) => weather.blow(this.name, call, when),
      () => {
        connection.crash();
        trace.write(this.name, 'died', { at: lifeline.reached ?? 'killed' });
        this.#life = undefined;
        if (lifeline.reached !== undefined) this.#parts.died(this);
      },
    );
    this.starts += 1;
    trace.write(this.name, 'started');
    const settings = { ...this.#parts.settings(), processName: `${this.name}-${this.starts}` };
    const deps = tamper({
      store: observedStore(connection, {
        life: lifeline,
        isAway: () => weather.databaseIsAway(this.name),
        isCommitUnheard: () => weather.commitAnswerIsLost(this.name),
        committed: this.#parts.committed,
      }),
      github: lifeline.watch('github', new InProcessGitHub(github)),
      hook: lifeline.watch('hook', new InProcessGitHubHook(github)),
      statusFeed: lifeline.watch('statusFeed', new InProcessGitHubStatus(github)),
      sealer: lifeline.watch('sealer', new PlainSealer()),
      clock: lifeline.bind(machineClock(clock, () => weather.clockErrorMs(this.name))),
      random: this.#parts.random.fork(),
      log: processLog(trace, this.name, lifeline),
      settings,
    });
    const controlPlane = runControlPlane(this.#withInbox(deps, lifeline));
    // It may have died in its first calls, before it was anything.
    if (!lifeline.dead) this.#life = { lifeline, deps, controlPlane };
  }

  /** The inbox is no port that may be tampered with: it is outside the product, where the checkers listen. */
  #withInbox(deps: Deps, lifeline: Lifeline): Deps {
    const { alerted } = this.#parts;
    if (alerted === undefined) return deps;
    const inbox = alertInbox({ server: this.name, life: this.starts }, alerted);
    return { ...deps, alerts: { senders: [lifeline.watch('inbox', inbox)], off: new Set() } };
  }

  /** `kill -9`. */
  kill(): void {
    this.#life?.lifeline.kill();
  }

  /** Rejects when the process is dead; never settles when it dies before it has answered. */
  async receive(request: RawRequest): Promise<{ status: number }> {
    const deps = this.#life?.deps;
    if (deps === undefined) throw new Error('connection refused');
    return receiveWebhook({ ...deps, secrets: [new Secret(this.#parts.webhookSecret)] }, request);
  }

  /** Takes the server's end of a link; it is closed when the process dies. */
  accept(host: HostId, socket: AgentSocket): void {
    const life = this.#life;
    if (life === undefined) {
      socket.close(1006, 'the server is down');
      return;
    }
    life.lifeline.hold(() => socket.close(1006, 'the server died'));
    life.controlPlane.links.accept(host, socket);
  }
}
