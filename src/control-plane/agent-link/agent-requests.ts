// What the agent is asked over its link and answers: its logs (`bellows logs`, `bellows agent-logs`) in pieces, and whether it
// restarts.

import { type Instant, seconds } from '../../domain/time.ts';
import type { AgentMessage } from '../../wire/agent-protocol.ts';
import type { Deps } from '../deps.ts';
import { notWaitedFor } from '../loop.ts';

type Answer = readonly string[] | { refused: string };
const patienceMs = seconds(15);

/** At most the last `count` lines, at `since` or later. */
export interface WantedLines {
  count: number;
  since?: Instant;
}

interface Open {
  lines: string[];
  settle(answer: Answer): void;
}

export class AgentRequests {
  readonly #deps: Pick<Deps, 'clock'>;
  readonly #send: (text: string) => void;
  readonly #open = new Map<string, Open>();
  #count = 0;

  constructor(deps: Pick<Deps, 'clock'>, send: (text: string) => void) {
    this.#deps = deps;
    this.#send = send;
  }

  /** @param vm undefined for the log of the agent itself. */
  async ask(vm: string | undefined, { count, since }: WantedLines): Promise<Answer> {
    const type = vm === undefined ? 'read-own-log' : 'read-log';
    return this.#request({ type, vm, lines: count, since });
  }

  /** No lines: it ends now. */
  async restart(reboot: boolean): Promise<Answer> {
    return this.#request({ type: 'restart', reboot });
  }

  async #request(message: object): Promise<Answer> {
    this.#count += 1;
    const request = `log-${this.#count}`;
    const answered = new AbortController();
    const answer = new Promise<Answer>((resolve) => {
      this.#open.set(request, { lines: [], settle: resolve });
    });
    this.#send(JSON.stringify({ ...message, request }));
    const tooLate = this.#deps.clock
      .sleep(patienceMs, answered.signal)
      .then(() => this.#settle(request, { refused: 'its host did not answer in time' }))
      .catch((reason: unknown) => {
        if (!answered.signal.aborted) throw reason;
      });
    const result = await answer;
    answered.abort(notWaitedFor);
    await tooLate;
    return result;
  }

  answer(message: Extract<AgentMessage, { type: 'log' }>): void {
    const open = this.#open.get(message.request);
    if (open === undefined) return;
    open.lines.push(...message.lines);
    if (message.last) this.#settle(message.request, open.lines);
  }

  answerRestart({ request, refused }: Extract<AgentMessage, { type: 'restarting' }>): void {
    this.#settle(request, refused === undefined ? [] : { refused });
  }

  refuseAll(why: string): void {
    for (const request of [...this.#open.keys()]) this.#settle(request, { refused: why });
  }

  #settle(request: string, answer: Answer): void {
    this.#open.get(request)?.settle(answer);
    this.#open.delete(request);
  }
}
