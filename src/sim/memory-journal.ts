import type { Journal } from '../ports/journal.ts';

/** A journal that outlives the agent in a simulation. Entries are kept as text, as a file would keep them. */
export class MemoryJournal implements Journal {
  #lines: string[] = [];

  async read(): Promise<readonly unknown[]> {
    return this.#lines.map((line): unknown => JSON.parse(line));
  }

  async append(entries: readonly object[]): Promise<void> {
    for (const entry of entries) this.#lines.push(JSON.stringify(entry));
  }

  async replace(entries: readonly object[]): Promise<void> {
    this.#lines = entries.map((entry) => JSON.stringify(entry));
  }

  /** All that is written, for a search. */
  text(): string {
    return this.#lines.join('\n');
  }

  /** As if the disk was wiped. */
  wipe(): void {
    this.#lines = [];
  }
}
