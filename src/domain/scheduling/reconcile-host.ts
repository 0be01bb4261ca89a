// What an agent does: compare the desired set with what it finds on its host. Absence from the set is never an order:
// destroying needs a tombstone, or the VM's own deadline. Every action may be done twice.

import type { VmId } from '../ids.ts';
import type { DestroyRule } from '../lifecycle/vm.ts';
import type { Instant } from '../time.ts';

/**
 * The agent's own note of a VM, written before it acts. `preparing`: its steps are under way. `running`: its process was up.
 * `stopping`: it is being taken down. `gone`: nothing is left; kept until the control plane has dropped the VM.
 */
export interface JournalEntry {
  vm: VmId;
  phase: 'preparing' | 'running' | 'stopping' | 'gone';
  /** The VM's hard deadline; the agent keeps it by itself, also when the control plane is away. */
  deadline?: Instant;
}

export interface HostView {
  desired: readonly VmId[];
  tombstones: readonly { vm: VmId; rule: string; reason: string }[];
  /** Processes that carry our mark, as the driver finds them. */
  found: readonly VmId[];
  journal: readonly JournalEntry[];
  /** VMs that this agent process has in hand already. */
  held: ReadonlySet<VmId>;
  now: Instant;
}

export type HostAction =
  /** Begin its steps, or go on with them: each bears being done twice. */
  | { kind: 'start'; vm: VmId }
  /** Take up a process that an earlier agent process started. */
  | { kind: 'adopt'; vm: VmId }
  /** Take it down, remove all that is its own, and prove it. */
  | { kind: 'stop'; vm: VmId; rule: string; reason: string }
  /** Its process ended while nobody looked. It is never started again: its runner may have had a job (I2). */
  | { kind: 'report-lost'; vm: VmId }
  | { kind: 'report-gone'; vm: VmId }
  /** The control plane does not know it. It is kept. */
  | { kind: 'report-unknown'; vm: VmId }
  /** The control plane has dropped it, so the note can go. */
  | { kind: 'forget'; vm: VmId };

/** The actions that bring the host nearer to its desired set, by VM. */
export function reconcileHost(view: HostView): readonly HostAction[] {
  const seen = new Set([
    ...view.tombstones.map(({ vm }) => vm),
    ...view.desired,
    ...view.journal.map(({ vm }) => vm),
    ...view.found,
  ]);
  const look = lookInto(view);
  return [...seen].sort().flatMap((vm) => actionsFor(look(vm), view));
}

interface Sight {
  vm: VmId;
  tombstone: HostView['tombstones'][number] | undefined;
  desired: boolean;
  found: boolean;
  held: boolean;
  phase: JournalEntry['phase'] | 'none';
  deadline: Instant | undefined;
}

function lookInto(view: HostView): (vm: VmId) => Sight {
  const tombstones = new Map(view.tombstones.map((tombstone) => [tombstone.vm, tombstone]));
  const journal = new Map(view.journal.map((entry) => [entry.vm, entry]));
  const desired = new Set(view.desired);
  const found = new Set(view.found);
  return (vm) => {
    const entry = journal.get(vm);
    return {
      vm,
      tombstone: tombstones.get(vm),
      desired: desired.has(vm),
      found: found.has(vm),
      held: view.held.has(vm),
      phase: entry?.phase ?? 'none',
      deadline: entry?.deadline,
    };
  };
}

const ownDeadline: DestroyRule = 'hard-deadline';

function actionsFor(sight: Sight, { now }: HostView): readonly HostAction[] {
  const { vm, tombstone, desired, found, phase, deadline } = sight;
  const ended = phase === 'gone' && !found;
  if (tombstone !== undefined) {
    const { rule, reason } = tombstone;
    return ended ? [{ kind: 'report-gone', vm }] : [{ kind: 'stop', vm, rule, reason }];
  }
  if (ended) return [{ kind: desired ? 'report-gone' : 'forget', vm }];
  if (phase === 'stopping' || phase === 'gone') {
    return [{ kind: 'stop', vm, rule: 'resumed', reason: 'it was being taken down before' }];
  }
  if (deadline !== undefined && deadline <= now) {
    return [{ kind: 'stop', vm, rule: ownDeadline, reason: 'it reached its own deadline' }];
  }
  return desired ? wanted(sight) : [...takeUp(sight), { kind: 'report-unknown', vm }];
}

function wanted(sight: Sight): readonly HostAction[] {
  const { vm, found, held, phase } = sight;
  if (held) return [];
  if (phase === 'preparing' || (phase === 'none' && !found)) return [{ kind: 'start', vm }];
  return found ? takeUp(sight) : [{ kind: 'report-lost', vm }];
}

const takeUp = ({ vm, found, held }: Sight): readonly HostAction[] =>
  found && !held ? [{ kind: 'adopt', vm }] : [];

export interface DesiredVersion {
  epoch: string;
  generation: number;
}

/**
 * Whether a desired set that arrives replaces the one that the agent has. Within an epoch only a younger one does, so that a
 * stale replica cannot bring back the past. Another epoch is another life of the database: it is taken in, and what it does
 * not know is kept.
 */
export const replaces = (incoming: DesiredVersion, current: DesiredVersion | undefined): boolean =>
  current === undefined || incoming.epoch !== current.epoch || incoming.generation > current.generation;
