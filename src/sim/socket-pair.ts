// The agent link in one process: two ends of which each hears what the other sends, a little later on the clock.

import type { DurationMs } from '../domain/time.ts';
import { type AgentSocket, linkSilenceMs } from '../ports/agent-link.ts';
import type { Clock } from '../ports/clock.ts';

/** The road between the two ends. */
export interface Road {
  /** Asked for each message; messages never overtake each other, as on a TCP connection. */
  delay: () => DurationMs;
  /** While it is cut nothing arrives; what was sent comes later, or the connection breaks after `linkSilenceMs`. */
  isCut?: () => boolean;
}

const retransmitMs = 1_000;

export function socketPair(clock: Clock, road: Road): [AgentSocket, AgentSocket] {
  const left = new End(clock, road);
  const right = new End(clock, road);
  left.other = right;
  right.other = left;
  return [left, right];
}

class End implements AgentSocket {
  other: End | undefined;
  readonly #clock: Clock;
  readonly #road: Road;
  #open = true;
  latestDelayMs: DurationMs | undefined;
  #way: Promise<void> = Promise.resolve();
  #onMessage: ((text: string) => void) | undefined;
  #onClose: ((code: number, reason: string) => void) | undefined;
  readonly #early: string[] = [];
  #closedWith: { code: number; reason: string } | undefined;

  constructor(clock: Clock, road: Road) {
    this.#clock = clock;
    this.#road = road;
  }

  send(text: string): void {
    if (!this.#open) return;
    this.latestDelayMs = this.#road.delay();
    const arrival = this.#clock.sleep(this.latestDelayMs);
    this.#way = this.#way.then(() => arrival).then(() => this.#arrive(text));
  }

  /** Not asynchronous while the road is open, so that a cut costs nothing where there is none. */
  #arrive(text: string): void | Promise<void> {
    if (this.#road.isCut?.() !== true) this.other?.hear(text);
    else return this.#waitThenArrive(text);
  }

  async #waitThenArrive(text: string): Promise<void> {
    for (let waited = 0; this.#open && this.#road.isCut?.() === true; waited += retransmitMs) {
      if (waited >= linkSilenceMs) {
        this.close(1006, 'the other end has been silent for too long');
        return;
      }
      await this.#clock.sleep(retransmitMs);
    }
    this.other?.hear(text);
  }

  hear(text: string): void {
    if (!this.#open) return;
    if (this.#onMessage === undefined) this.#early.push(text);
    else this.#onMessage(text);
  }

  /** As a ping would find the road: the way of the latest message there, and of the latest one back. */
  roundTripMs(): DurationMs | undefined {
    const [there, back] = [this.latestDelayMs, this.other?.latestDelayMs];
    return there === undefined || back === undefined ? undefined : there + back;
  }

  onMessage(listener: (text: string) => void): void {
    this.#onMessage = listener;
    for (const text of this.#early.splice(0)) listener(text);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#onClose = listener;
    if (this.#closedWith !== undefined) listener(this.#closedWith.code, this.#closedWith.reason);
  }

  close(code: number, reason: string): void {
    if (!this.#open) return;
    this.end(code, reason);
    this.other?.end(code, reason);
  }

  end(code: number, reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closedWith = { code, reason };
    this.#onClose?.(code, reason);
  }
}
