// What happened, line by line, and a digest of it: two runs of one seed must agree byte for byte. The lines themselves
// are kept only by who asks for them, since a long run has millions.

import { createHash } from 'node:crypto';
import { toIso } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';

export type TraceSink = (line: string) => void;

export class Trace {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #hash = createHash('sha256');
  readonly #sinks: TraceSink[] = [];
  lines = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** @param who the process, host or service, such as `server-1`; `data` is plain JSON without secrets. */
  write(who: string, what: string, data?: unknown): void {
    const detail = data === undefined ? '' : ` ${JSON.stringify(data)}`;
    const line = `${toIso(this.#clock.now())} ${who} ${what}${detail}`;
    this.lines += 1;
    this.#hash.update(line).update('\n');
    for (const sink of this.#sinks) sink(line);
  }

  onLine(sink: TraceSink): void {
    this.#sinks.push(sink);
  }

  /** Of all lines so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
