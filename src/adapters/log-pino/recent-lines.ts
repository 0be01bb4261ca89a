// A program's own log, the last of it, kept in memory beside being written: so that an operator can read it from afar.

import type { DestinationStream } from 'pino';
import { type Instant, toIso } from '../../domain/time.ts';
import type { OwnLog } from '../../ports/own-log.ts';

const defaultLimits = { lines: 10_000, bytes: 2 * 1024 * 1024 };
const longestLine = 8_192;

export class RecentLines implements DestinationStream, OwnLog {
  readonly #next: DestinationStream;
  readonly #limits: typeof defaultLimits;
  #lines: string[] = [];
  #bytes = 0;

  constructor(next: DestinationStream, limits = defaultLimits) {
    this.#next = next;
    this.#limits = limits;
  }

  write(text: string): void {
    this.#next.write(text);
    const line = text.trimEnd().slice(0, longestLine);
    this.#lines.push(line);
    this.#bytes += line.length;
    while (this.#lines.length > this.#limits.lines || this.#bytes > this.#limits.bytes)
      this.#bytes -= this.#lines.shift()?.length ?? 0;
  }

  read({ count, since }: { count: number; since?: Instant }): readonly string[] {
    const from = since === undefined ? '' : toIso(since);
    return this.#lines.filter((line) => timeOf(line) >= from).slice(-count);
  }
}

/** A line whose time cannot be read counts as old. */
const timeOf = (line: string): string => /"time":"([^"]{1,40})"/.exec(line)?.[1] ?? '';
