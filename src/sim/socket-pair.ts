// The agent link in one process: two ends of which each hears what the other sends, a little later on the clock.

import type { DurationMs } from '../domain/time.ts';
import type { AgentSocket } from '../ports/agent-link.ts';
import type { Clock } from '../ports/clock.ts';

/** @param delay is asked for each message; messages never overtake each other, as on a TCP connection. */
export function socketPair(clock: Clock, delay: () => DurationMs): [AgentSocket, AgentSocket] {
  const left = new End(clock, delay);
  const right = new End(clock, delay);
  left.other = right;
  right.other = left;
  return [left, right];
}

class End implements AgentSocket {
  other: End | undefined;
  readonly #clock: Clock;
  readonly #delay: () => DurationMs;
  #open = true;
  #way: Promise<void> = Promise.resolve();
  #onMessage: ((text: string) => void) | undefined;
  #onClose: ((code: number, reason: string) => void) | undefined;
  readonly #early: string[] = [];
  #closedWith: { code: number; reason: string } | undefined;

  constructor(clock: Clock, delay: () => DurationMs) {
    this.#clock = clock;
    this.#delay = delay;
  }

  send(text: string): void {
    if (!this.#open) return;
    const ms = this.#delay();
    const arrival = this.#clock.sleep(ms);
    this.#way = this.#way.then(() => arrival).then(() => this.other?.hear(text));
  }

  hear(text: string): void {
    if (!this.#open) return;
    if (this.#onMessage === undefined) this.#early.push(text);
    else this.#onMessage(text);
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
