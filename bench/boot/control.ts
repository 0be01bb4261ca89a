import type { VmId } from '../../src/domain/ids.ts';
import type { AgentSocket } from '../../src/ports/agent-link.ts';
import { type AgentEvent, fromAgent } from '../../src/wire/agent-protocol.ts';
import { patienceMs } from './machine.ts';

/** The control plane's end of the link. */
export class Control {
  readonly #image: string | undefined;
  #socket: AgentSocket | undefined;
  #generation = 0;
  #events: AgentEvent[] = [];
  #heardUpTo = 0;
  #news = Promise.withResolvers<void>();

  /** @param image that new VMs are given: other images on this machine are not kept warm. */
  constructor(image?: string) {
    this.#image = image;
  }

  attach(socket: AgentSocket): void {
    this.#socket = socket;
    socket.onMessage((text) => {
      if (this.#generation === 0) this.desire([], []);
      this.#hear(text);
    });
  }

  desire(vms: readonly object[], tombstones: readonly object[]): void {
    this.#generation += 1;
    const generation = this.#generation;
    const image = this.#image === undefined ? {} : { image: this.#image };
    this.#say({ type: 'desired', protocol: 1, epoch: 'bench', generation, ...image, vms, tombstones });
  }

  of(vm: VmId): AgentEvent['event'][] {
    return this.#events.flatMap(({ vm: whose, event }) => (whose === vm ? [event] : []));
  }

  /** Lets go of all that was heard. */
  forget(): void {
    this.#events = [];
  }

  async until(vm: VmId, matches: (event: AgentEvent['event']) => boolean): Promise<void> {
    for (const end = performance.now() + patienceMs; !this.of(vm).some(matches); ) {
      const failed = this.of(vm).find((event) => event.kind === 'failed');
      if (failed !== undefined) throw new Error(`the VM failed: ${JSON.stringify(failed)}`);
      if (performance.now() > end)
        throw new Error(`not within ${patienceMs / 1000} s: ${JSON.stringify(this.of(vm))}`);
      await Promise.race([this.#news.promise, new Promise((resolve) => setTimeout(resolve, 1000))]);
    }
  }

  #hear(text: string): void {
    const message = fromAgent.parse(JSON.parse(text));
    if (message.type !== 'observed' || message.events.length === 0) return;
    this.#events.push(...message.events.filter(({ number }) => number > this.#heardUpTo));
    this.#heardUpTo = this.#events.at(-1)?.number ?? this.#heardUpTo;
    this.#say({ type: 'acknowledge', upTo: this.#heardUpTo });
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  #say(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }
}
