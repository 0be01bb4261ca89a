// Holds the links to the agents that dialled this process. Two processes may serve one fleet: whichever holds a host's
// link pushes, and others wake it through the database.

import type { HostId } from '../../domain/ids.ts';
import { type AgentSocket, linkCloseCodes } from '../../ports/agent-link.ts';
import { type AgentMessage, fromAgent, parseLinkMessage } from '../../wire/agent-protocol.ts';
import type { Deps } from '../deps.ts';
import { desiredOf } from '../desired.ts';
import { AgentRequests, type WantedLines } from './agent-requests.ts';
import { takeInObserved } from './observe.ts';
import { VitalsIntake } from './vitals-intake.ts';

export interface LinkServer {
  /** Takes a socket whose host has proved who it is. */
  accept(host: HostId, socket: AgentSocket): void;
  /** Lines of a VM's log, or why they cannot be had. */
  readLog(host: HostId, vm: string, wanted: WantedLines): Promise<readonly string[] | { refused: string }>;
  /** Lines of what the agent itself has logged since it started. */
  readAgentLog(host: HostId, wanted: WantedLines): Promise<readonly string[] | { refused: string }>;
  /** Has the agent, or with `reboot` its whole machine, started anew; `refused` says why that is not so. */
  restartAgent(host: HostId, how: { reboot: boolean }): Promise<'restarting' | { refused: string }>;
  stop(): Promise<void>;
}

export function linkServer(deps: Deps): LinkServer {
  const links = new Map<HostId, Link>();
  return {
    accept(host, socket) {
      // A host that dials again has lost its old link, whether or not we have noticed.
      links.get(host)?.close(linkCloseCodes.replaced, 'replaced by a newer link of the same host');
      const link = new Link(deps, host, socket, () => {
        if (links.get(host) === link) links.delete(host);
      });
      links.set(host, link);
    },
    readLog: async (host, vm, wanted) => links.get(host)?.readLog(vm, wanted) ?? noLink,
    readAgentLog: async (host, wanted) => links.get(host)?.readLog(undefined, wanted) ?? noLink,
    restartAgent: async (host, { reboot }) => links.get(host)?.restart(reboot) ?? noLink,
    async stop() {
      const open = [...links.values()];
      links.clear();
      for (const link of open) link.close(linkCloseCodes.goingAway, 'the server is stopping');
      await Promise.all(open.map((link) => link.settled()));
    },
  };
}

const noLink = { refused: 'its host has no link to this server at the moment' };

/** The version since which agents know `read-own-log`; those before would drop the link at it. */
const ownLogVersion = 2;
const notYet = { refused: 'its agent has only just linked, and not told its version' };
/** The same of `restart`. */
const restartVersion = 3;
const tooOldToRestart = { refused: 'its agent is too old to be restarted from afar: upgrade it' };
const tooOld = { refused: 'its agent is too old to send its own log: upgrade it' };

const readMessage = (text: string) => parseLinkMessage(fromAgent, text);

/** One agent's link. Messages are taken in one after the other; pushes that meet one under way are joined. */
class Link {
  readonly #deps: Deps;
  readonly #host: HostId;
  readonly #socket: AgentSocket;
  readonly #requests: AgentRequests;
  readonly #waker: { stop(): void };
  #work: Promise<void> = Promise.resolve();
  #pushQueued = false;
  #said: { text: string; message: ReturnType<typeof readMessage> } | undefined;
  /** The version that the agent speaks; not known before it has spoken. */
  #protocol: number | undefined;
  #toldOfStrangeState = false;
  readonly #vitals = new VitalsIntake();
  #closed = false;

  constructor(deps: Deps, host: HostId, socket: AgentSocket, onClosed: () => void) {
    this.#deps = deps;
    this.#host = host;
    this.#socket = socket;
    this.#requests = new AgentRequests(deps, (text) => socket.send(text));
    this.#waker = deps.store.onWake(`host:${host}`, () => this.#push());
    socket.onMessage((text) => this.#receive(text));
    socket.onClose(() => {
      this.#end();
      onClosed();
    });
    deps.log.info('agent linked', { host });
    this.#push();
  }

  async readLog(
    vm: string | undefined,
    wanted: WantedLines,
  ): Promise<readonly string[] | { refused: string }> {
    const protocol = this.#protocol;
    if (vm === undefined && protocol === undefined) return notYet;
    if (vm === undefined && protocol !== undefined && protocol < ownLogVersion) return tooOld;
    return this.#requests.ask(vm, wanted);
  }

  async restart(reboot: boolean): Promise<'restarting' | { refused: string }> {
    if (this.#protocol === undefined) return notYet;
    if (this.#protocol < restartVersion) return tooOldToRestart;
    const answer = await this.#requests.restart(reboot);
    return 'refused' in answer ? answer : 'restarting';
  }

  close(code: number, reason: string): void {
    this.#end();
    this.#socket.close(code, reason);
  }

  settled(): Promise<void> {
    return this.#work;
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waker.stop();
    this.#requests.refuseAll('the link to its host broke');
    this.#deps.log.info('agent link closed', { host: this.#host });
  }

  #receive(text: string): void {
    // An idle host says the same every few seconds, and it was read before.
    const message = text === this.#said?.text ? this.#said.message : readMessage(text);
    this.#said = { text, message };
    if (typeof message === 'string') {
      this.#deps.log.warn('bad message from an agent', { host: this.#host, reason: message });
      this.#socket.close(linkCloseCodes.badMessage, message);
      return;
    }
    if ('strange' in message) {
      this.#deps.log.warn('an agent is newer, and said what is not known here: passed over', {
        host: this.#host,
        type: message.strange,
      });
      return;
    }
    if (message.type === 'observed') this.#protocol = message.protocol;
    if (message.type === 'log') this.#requests.answer(message);
    else if (message.type === 'restarting') this.#requests.answerRestart(message);
    else this.#then(() => this.#observe(message));
  }

  async #observe(observed: Extract<AgentMessage, { type: 'observed' }>): Promise<void> {
    const { store, settings, clock } = this.#deps;
    this.#tellOfStrangeState(observed);
    const epoch = await store.epoch();
    const vitals = this.#vitals.fresh(this.#host, observed, this.#socket.roundTripMs(), clock.now());
    const { taken, desired } = await store.transaction(async (tx) => {
      const upTo = await takeInObserved(tx, this.#deps, { host: this.#host, epoch }, observed);
      if (upTo !== undefined && vitals !== undefined) await tx.vitals.put(vitals);
      return { taken: upTo, desired: await desiredOf(tx, this.#host, epoch, settings) };
    });
    if (vitals !== undefined) this.#vitals.stored(observed, vitals.at);
    if (taken === undefined) {
      this.#socket.close(linkCloseCodes.notWelcome, 'this host is not enrolled any more: enrol it again');
      return;
    }
    if (observed.events.length > 0) this.#send({ type: 'acknowledge', upTo: taken });
    // Nothing is sent to an agent that says that it has this very set.
    const hasIt = observed.epoch === epoch && observed.generation === desired?.generation;
    if (desired !== undefined && !hasIt) this.#send(desired);
  }

  /** Once: it would be said again with every message. */
  #tellOfStrangeState({ vms }: Extract<AgentMessage, { type: 'observed' }>): void {
    const strange = vms.find(({ state }) => state === 'strange');
    if (strange?.state !== 'strange' || this.#toldOfStrangeState) return;
    this.#toldOfStrangeState = true;
    const { vm, called } = strange;
    this.#deps.log.warn(
      'an agent is newer, and has a VM in a state that is not known here: it is taken to be up, and kept',
      { host: this.#host, vm, state: called },
    );
  }

  #push(): void {
    if (this.#pushQueued) return;
    this.#pushQueued = true;
    this.#then(async () => {
      this.#pushQueued = false;
      const { store, settings } = this.#deps;
      const epoch = await store.epoch();
      const desired = await store.transaction((tx) => desiredOf(tx, this.#host, epoch, settings));
      if (desired !== undefined) this.#send(desired);
    });
  }

  #send(message: object): void {
    if (!this.#closed) this.#socket.send(JSON.stringify(message));
  }

  /** Whatever fails here costs time only: the agent observes again in a few seconds. */
  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#deps.log.error('agent link work failed', { host: this.#host, error });
    });
  }
}
