// The init leaves a file for each part of the boot that is done; its content is the uptime in seconds, as /proc/uptime
// tells it (guest/init).

import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { GuestPhase } from '../../src/wire/guest-protocol/messages.ts';

const names: readonly GuestPhase[] = ['kernel', 'init', 'network', 'agent', 'docker'];

export class Phases {
  readonly #folder: string;
  readonly #told = new Set<GuestPhase>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The phases that were not told yet, in the order of their ends. */
  fresh(): { phase: GuestPhase; uptimeMs: number }[] {
    const there = new Set(readdirSync(this.#folder));
    const found = names
      .filter((phase) => there.has(phase) && !this.#told.has(phase))
      .map((phase) => ({ phase, uptimeMs: readUptime(`${this.#folder}/${phase}`) }));
    for (const { phase } of found) this.#told.add(phase);
    return found.sort((a, b) => a.uptimeMs - b.uptimeMs);
  }

  /** Whether every phase was told. */
  get complete(): boolean {
    return this.#told.size === names.length;
  }

  ended(phase: GuestPhase): boolean {
    return readdirSync(this.#folder).includes(phase);
  }

  /** Marks a phase as ended; what waits for it (Docker's start waits for the agent) goes on. */
  mark(phase: GuestPhase, uptimeMs: number): void {
    const path = `${this.#folder}/${phase}`;
    writeFileSync(`${path}.part`, `${(uptimeMs / 1000).toFixed(3)}\n`);
    renameSync(`${path}.part`, path);
  }
}

function readUptime(path: string): number {
  const seconds = Number.parseFloat(readFileSync(path, 'latin1'));
  return Number.isFinite(seconds) ? Math.max(0, Math.round(seconds * 1000)) : 0;
}
