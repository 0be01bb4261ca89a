// The last lines of each VM's log, in memory only: for `bellows logs`.

import { toIso } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { AgentLimits } from './limits.ts';

export type LogSource = 'host' | 'runner' | 'agent' | 'docker';

export class LogRings {
  readonly #clock: Clock;
  readonly #limits: Pick<AgentLimits, 'logLines' | 'logBytes' | 'oldLogs'>;
  /** The oldest VM first. */
  readonly #rings = new Map<string, { lines: string[]; bytes: number; over: boolean }>();

  constructor(clock: Clock, limits: Pick<AgentLimits, 'logLines' | 'logBytes' | 'oldLogs'>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  add(vm: string, source: LogSource, line: string): void {
    const ring = this.#rings.get(vm) ?? { lines: [], bytes: 0, over: false };
    this.#rings.set(vm, ring);
    const text = `${toIso(this.#clock.now())} ${source}: ${line}`.slice(0, 8192);
    ring.lines.push(text);
    ring.bytes += text.length;
    while (ring.lines.length > this.#limits.logLines || ring.bytes > this.#limits.logBytes)
      ring.bytes -= ring.lines.shift()?.length ?? 0;
  }

  /** At most the last `count` lines, oldest first; none for a VM that is not known. */
  tail(vm: string, count: number): readonly string[] {
    return this.#rings.get(vm)?.lines.slice(-count) ?? [];
  }

  /** The VM is gone. Its log stays until others need the room. */
  close(vm: string): void {
    const ring = this.#rings.get(vm);
    if (ring === undefined) return;
    ring.over = true;
    const old = [...this.#rings].filter(([, { over }]) => over);
    for (const [name] of old.slice(0, Math.max(0, old.length - this.#limits.oldLogs)))
      this.#rings.delete(name);
  }
}
