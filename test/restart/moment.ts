// Where an agent stands with its VMs, by its journal: the moments at which it must bear to die. A step is one from its intent,
// which is written before it is begun, until what came of it is written.

import { z } from 'zod';
import { apply, emptyState } from '../../src/agent/state.ts';
import {
  type AgentState,
  type JournalEntry,
  journalEntry,
  type stepNames,
  type VmRecord,
} from '../../src/wire/agent-journal.ts';

/** In the order of a VM's life. */
export const moments = [
  'image',
  'disk',
  'folder',
  'host-network',
  'cage',
  'start',
  'boot',
  'hand-over',
  'job',
  'stop',
] as const;
export type Moment = (typeof moments)[number];
export const moment = z.enum(moments);

/** A fold over a journal that also knows which step of each VM is under way. */
export class Standing {
  #state: AgentState = emptyState;
  /** The step of each VM that was begun and has come to nothing yet. */
  readonly #under = new Map<string, (typeof stepNames)[number]>();

  /** @param line of the journal, without its end. */
  read(line: string): void {
    const entry = journalEntry.parse(JSON.parse(line));
    this.#state = apply(this.#state, entry);
    const vm = vmOf(entry);
    if (vm === undefined) return;
    if (entry.kind === 'begin') this.#under.set(vm, entry.step);
    else if (endsStep(entry, this.#under.get(vm))) this.#under.delete(vm);
  }

  /** The VMs that are at this moment. */
  at(wanted: Moment): string[] {
    return this.#state.vms
      .filter((record) => momentOf(record, this.#under.get(record.vm)) === wanted)
      .map(({ vm }) => vm);
  }
}

function momentOf(record: VmRecord, under: Moment | undefined): Moment | undefined {
  if (under !== undefined) return under;
  if (!record.up || record.tombstone !== undefined || record.failed !== undefined) return undefined;
  if (!record.guestUp) return 'boot';
  if (record.configured && !record.handed) return 'hand-over';
  return record.jobStarted && !record.said.includes('job-ended') ? 'job' : undefined;
}

function vmOf(entry: JournalEntry): string | undefined {
  if (entry.kind === 'event') return entry.event.vm;
  return 'vm' in entry ? entry.vm : undefined;
}

/** A step done again after a death tells no length a second time: then the next step's intent is its end. */
function endsStep(entry: JournalEntry, under: (typeof stepNames)[number] | undefined): boolean {
  if (under === 'start') return entry.kind === 'up';
  if (entry.kind !== 'event') return false;
  const { event } = entry.event;
  return event.kind === 'gone' || (event.kind === 'phase' && event.phase === under);
}
