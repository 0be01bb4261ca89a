// The agent's end of the link to the control plane. It dials out, says what is, hears what shall be; when the link breaks it
// comes back after a pause with jitter, so that a thousand agents do not all come back at once.

import type { HostId } from '../domain/ids.ts';
import { type DurationMs, minutes, seconds } from '../domain/time.ts';
import {
  type AgentLinkDialer,
  AgentLinkError,
  type AgentSocket,
  linkCloseCodes,
} from '../ports/agent-link.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { HostIdentity } from '../ports/sealer.ts';
import { Secret } from '../ports/secret.ts';
import {
  type AgentMessage,
  agentLinkAudience,
  type ControlPlaneMessage,
  fromControlPlane,
  parseLinkMessage,
} from '../wire/agent-protocol.ts';
import { Rest } from './rest.ts';

export interface LinkParts {
  dialer: AgentLinkDialer;
  identity: Pick<HostIdentity, 'sign'>;
  clock: Clock;
  random: Random;
  log: Log;
  host: HostId;
  /** `ws:` or `wss:`, with the path. */
  url: string;
  observeMs: DurationMs;
  stopping: AbortSignal;
  observe(): Promise<AgentMessage>;
  /** Messages of the control plane, one after the other. */
  hear(message: ControlPlaneMessage, send: (answer: AgentMessage) => void): Promise<void>;
}

const gatherMs = 20;
const shortestPauseMs = seconds(1);
const longestPauseMs = seconds(30);
/** A host that was refused waits longer: an operator has to act. */
const refusedPauseMs = minutes(1);

export class ControlPlaneLink {
  readonly #parts: LinkParts;
  readonly #rest: Rest;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#rest = new Rest(parts.clock, parts.stopping);
  }

  /** There is something new to say. */
  wake(): void {
    this.#rest.wake();
  }

  /** Keeps the link up until the agent stops. */
  async run(): Promise<void> {
    const { clock, random, log, stopping } = this.#parts;
    for (let failures = 0; !stopping.aborted; ) {
      let refused = false;
      try {
        const socket = await this.#connect();
        const { code, reason, spoke } = await this.#talk(socket);
        refused = code === linkCloseCodes.notWelcome;
        failures = spoke && !refused ? 0 : failures + 1;
        if (!stopping.aborted) log.warn('link to the control plane closed', { code, reason });
      } catch (error) {
        if (stopping.aborted) return;
        failures += 1;
        refused = error instanceof AgentLinkError && error.kind === 'refused';
        log.warn('no link to the control plane', { error, refused });
      }
      const longest = refused
        ? refusedPauseMs
        : Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(failures, 10));
      await clock.sleep(longest * (0.5 + random.fraction() / 2), stopping).catch(() => {});
    }
  }

  async #connect(): Promise<AgentSocket> {
    const { dialer, identity, host, url, stopping } = this.#parts;
    const token = await identity.sign({ sub: host, aud: agentLinkAudience });
    return dialer.connect(url, new Secret(token), stopping);
  }

  async #talk(socket: AgentSocket): Promise<{ code: number; reason: string; spoke: boolean }> {
    const { clock, log, observeMs, stopping } = this.#parts;
    const closed = Promise.withResolvers<{ code: number; reason: string; spoke: boolean }>();
    let isOpen = true;
    let spoke = false;
    let hearing: Promise<void> = Promise.resolve();
    socket.onClose((code, reason) => {
      isOpen = false;
      closed.resolve({ code, reason, spoke });
      this.wake();
    });
    socket.onMessage((text) => {
      spoke = true;
      hearing = hearing
        .then(() => this.#hear(text, socket))
        .catch((error: unknown) => log.error('a message of the control plane failed', { error }));
    });
    const goodbye = (): void =>
      socket.close(linkCloseCodes.goingAway, 'the agent is stopping; its VMs go on');
    stopping.addEventListener('abort', goodbye, { once: true });
    if (stopping.aborted) goodbye();
    log.info('link to the control plane is up');
    try {
      // Once the agent stops every sleep ends at once: going round until the close is through would starve it.
      while (isOpen && !stopping.aborted) {
        this.#rest.expectNews();
        const message = await this.#parts.observe();
        if (isOpen) socket.send(JSON.stringify(message));
        // Several changes within a short time make one message.
        if (await this.#rest.pause(observeMs)) await clock.sleep(gatherMs, stopping).catch(() => {});
      }
      return await closed.promise;
    } finally {
      stopping.removeEventListener('abort', goodbye);
      socket.close(linkCloseCodes.goingAway, 'the agent starts afresh');
    }
  }

  async #hear(text: string, socket: AgentSocket): Promise<void> {
    const message = parseLinkMessage(fromControlPlane, text);
    if (typeof message === 'string') {
      this.#parts.log.error('the control plane said what this agent does not understand', {
        reason: message,
      });
      socket.close(linkCloseCodes.badMessage, message.slice(0, 100));
      return;
    }
    if ('strange' in message) {
      this.#parts.log.warn(
        'the control plane is newer, and said what this agent does not know: passed over',
        {
          type: message.strange,
        },
      );
      return;
    }
    await this.#parts.hear(message, (answer) => socket.send(JSON.stringify(answer)));
  }
}
