// Where the time of a job went, from GitHub's queueing to the last trace of its VM. A fold over the history lines of the job
// and of the VM that ran it, which are the only measurement there is.

import type { HistoryLine } from '../lifecycle/effects.ts';
import type { Owner } from '../lifecycle/vm.ts';
import { between, type DurationMs, type Instant, instantOf } from '../time.ts';

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
  const marks: readonly (readonly [PhaseName, Instant | undefined])[] = [
    ['delivery', instantIn(queued, 'asOf')],
    ['placing', queued?.at],
    ['starting', firstOf(vm, 'placed')],
    ['booting', firstOf(vm, 'process-up')],
    ['connecting', firstOf(vm, 'guest-up')],
    // GitHub may bind the job before the runner's own word arrives; then only the host's line tells of that word.
    ['assigning', firstOf(vm, 'runner-listening') ?? firstOf(vm, 'agent-runner-listening')],
    ['running', earliest(firstOf(vm, 'guest-job-started'), firstOf(vm, 'job-bound'))],
    ['clearing', job.find((line) => line.data.to === 'done')?.at],
  ];
  const end = firstOf(vm, 'proved-gone');
  return marks.flatMap(([name, start], index) => {
    const next = index + 1 < marks.length ? marks[index + 1]?.[1] : end;
    // GitHub's own stamps are whole seconds, so a phase between them and ours can come out below nothing.
    return start === undefined || next === undefined
      ? []
      : [{ name, start, ms: Math.max(0, between(start, next)) }];
  });
}

const firstOf = (lines: readonly HistoryLine[], event: string): Instant | undefined =>
  lines.find((line) => line.event === event)?.at;

const earliest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined ? b : b === undefined ? a : a < b ? a : b;

function instantIn(line: HistoryLine | undefined, field: string): Instant | undefined {
  const value = line?.data[field];
  return typeof value === 'number' ? instantOf(value) : undefined;
}
