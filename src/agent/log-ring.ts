// The last lines of each VM's log, in memory only: for a VM that leaves no log behind, such as a canary.

import { toIso } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { LineBook, LogSource } from './vm-log-book.ts';

const defaultLimits = { lines: 5000, bytes: 512 * 1024 };

export class LogRings implements LineBook {
  readonly #clock: Clock;
  readonly #limits: typeof defaultLimits;
  readonly #rings = new Map<string, { lines: string[]; bytes: number }>();

  constructor(clock: Clock, limits = defaultLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  add(vm: string, source: LogSource, line: string): void {
    const ring = this.#rings.get(vm) ?? { lines: [], bytes: 0 };
    this.#rings.set(vm, ring);
    const text = `${toIso(this.#clock.now())} ${source}: ${line}`.slice(0, 8192);
    ring.lines.push(text);
    ring.bytes += text.length;
    while (ring.lines.length > this.#limits.lines || ring.bytes > this.#limits.bytes)
      ring.bytes -= ring.lines.shift()?.length ?? 0;
  }

  /** At most the last `count` lines, oldest first; none for a VM that is not known. */
  tail(vm: string, count: number): readonly string[] {
    return this.#rings.get(vm)?.lines.slice(-count) ?? [];
  }
}
