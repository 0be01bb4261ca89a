// Where the time of a job went, from GitHub's queueing to the last trace of its VM. A fold over the history lines of the job
// and of the VM that ran it, which are the only measurement there is.

import type { HistoryLine } from '../lifecycle/effects.ts';
import type { Owner } from '../lifecycle/vm.ts';
import { between, type DurationMs, type Instant } from '../time.ts';
import { instantIn, vmMoments } from './moments.ts';

export const phaseNames = [
  'delivery',
  'placing',
  'starting',
  'booting',
  'connecting',
  'assigning',
  'running',
  'clearing',
] as const;
export type PhaseName = (typeof phaseNames)[number];

/** Whose time a phase is, as long as nothing is known that says otherwise. */
export const phaseOwners: Readonly<Record<PhaseName, Owner>> = {
  delivery: 'github',
  placing: 'fleet',
  starting: 'host',
  booting: 'host',
  connecting: 'network',
  assigning: 'github',
  running: 'workflow',
  clearing: 'host',
};

export interface Phase {
  name: PhaseName;
  start: Instant;
  ms: DurationMs;
}

/**
 * The phases that are over, in order. Each ends where the next begins; one whose end was never seen is left out, and so is
 * everything about a VM when none is given.
 */
export function phasesOf(job: readonly HistoryLine[], vm: readonly HistoryLine[]): readonly Phase[] {
  const queued = job.find((line) => line.event === 'heard');
  const { placed, processUp, guestUp, listening, given, gone } = vmMoments(vm);
  const marks: readonly (readonly [PhaseName, Instant | undefined])[] = [
    ['delivery', instantIn(queued, 'asOf')],
    ['placing', queued?.at],
    ['starting', placed],
    ['booting', processUp],
    ['connecting', guestUp],
    ['assigning', listening],
    ['running', given],
    ['clearing', job.find((line) => line.data.to === 'done')?.at],
  ];
  return marks.flatMap(([name, start], index) => {
    const next = index + 1 < marks.length ? marks[index + 1]?.[1] : gone;
    // GitHub's own stamps are whole seconds, so a phase between them and ours can come out below nothing.
    return start === undefined || next === undefined
      ? []
      : [{ name, start, ms: Math.max(0, between(start, next)) }];
  });
}
