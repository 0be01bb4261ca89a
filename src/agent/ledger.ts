// The one way to change the agent's state: write it down, then let it be so.

import { instantOf } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';
import { type AgentState, type JournalEntry, journalEntry } from '../wire/agent-journal.ts';
import type { AgentEvent } from '../wire/agent-protocol.ts';
import { apply, emptyState } from './state.ts';

/** So many entries, and a snapshot takes their place. */
const compactAfter = 2000;

export type EventBody = AgentEvent['event'];

export class Ledger {
  readonly #journal: Journal;
  readonly #clock: Clock;
  #state: AgentState;
  #entries: number;
  #queue: Promise<void> = Promise.resolve();
  readonly #listeners = new Set<() => void>();

  private constructor(journal: Journal, clock: Clock, state: AgentState, entries: number) {
    this.#journal = journal;
    this.#clock = clock;
    this.#state = state;
    this.#entries = entries;
  }

  /** Reads what earlier agents wrote down. An entry of a later version that this one cannot read is left out and told. */
  static async open(journal: Journal, clock: Clock, log: Log): Promise<Ledger> {
    const entries = await journal.read();
    let state = emptyState;
    for (const entry of entries) {
      const parsed = journalEntry.safeParse(entry);
      if (parsed.success) state = apply(state, parsed.data);
      else log.error('a journal entry cannot be read', { reason: parsed.error.issues[0]?.message });
    }
    return new Ledger(journal, clock, state, entries.length);
  }

  get state(): AgentState {
    return this.#state;
  }

  /** Called after each change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves when the entries are on stable storage and the state holds them. Made from the state as it is then. */
  write(make: (state: AgentState) => readonly JournalEntry[]): Promise<void> {
    const done = this.#queue.then(() => this.#write(make));
    // A failed write is its caller's business; those behind it go on.
    this.#queue = done.catch(() => {});
    return done;
  }

  /** Writes down that these things happened to a VM, for the control plane to hear. */
  tell(vm: string, ...events: EventBody[]): Promise<void> {
    return this.write((state) => this.events(state, vm, events));
  }

  /** The entries for events, numbered on from `state`. */
  events(state: AgentState, vm: string, events: readonly EventBody[]): JournalEntry[] {
    const at = instantOf(this.#clock.now());
    return events.map((event, index) => ({
      kind: 'event',
      event: { number: state.lastNumber + index + 1, at, vm, event },
    }));
  }

  async #write(make: (state: AgentState) => readonly JournalEntry[]): Promise<void> {
    const entries = make(this.#state);
    if (entries.length === 0) return;
    await this.#journal.append(entries);
    this.#state = entries.reduce(apply, this.#state);
    this.#entries += entries.length;
    for (const listener of this.#listeners) listener();
    if (this.#entries < compactAfter) return;
    await this.#journal.replace([{ kind: 'snapshot', state: this.#state }]);
    this.#entries = 1;
  }
}
