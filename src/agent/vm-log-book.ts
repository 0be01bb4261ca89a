// Writes down what is said of a VM: by this host, by its guest, on its console. Whoever has a line gives it and goes on.

import { vmId } from '../domain/ids.ts';
import { type DurationMs, hours, type Instant, toIso } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { VmLogs } from '../ports/vm-logs.ts';
import { withoutSecrets } from './without-secrets.ts';

export type LogSource = 'host' | 'console' | 'runner' | 'agent' | 'docker';

/** Where lines about VMs go. */
export interface LineBook {
  add(vm: string, source: LogSource, line: string): void;
}

const longestLine = 8192;
const sweepMs: DurationMs = hours(1);

export class VmLogBook implements LineBook {
  readonly #logs: VmLogs;
  readonly #clock: Clock;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(logs: VmLogs, clock: Clock) {
    this.#logs = logs;
    this.#clock = clock;
  }

  add(vm: string, source: LogSource, line: string): void {
    const text = withoutSecrets(line.replaceAll(/[\r\n]+/g, ' '));
    this.#logs.add(vmId(vm), `${toIso(this.#clock.now())} ${source}: ${text}`.slice(0, longestLine));
  }

  /** At most the last `count` lines at `since` or later, oldest first; none for a VM that is not known. */
  async read(vm: string, { count, since }: { count: number; since?: Instant }): Promise<readonly string[]> {
    const lines = await this.#logs.read(vmId(vm));
    const from = since === undefined ? '' : toIso(since);
    return lines.filter((line) => line.slice(0, from.length) >= from).slice(-count);
  }

  /** Forgets what is old, now and then. */
  async sweep(living: readonly string[]): Promise<void> {
    const now = this.#clock.now();
    if (now - this.#sweptAt < sweepMs) return;
    this.#sweptAt = now;
    await this.#logs.sweep(new Set(living.map(vmId)));
  }
}
