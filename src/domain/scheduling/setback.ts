// A VM that came to nothing: it failed, or nobody gave it a job. Repeated setbacks of one scope and label set slow down
// what is asked for next, so that a broken image or a limit of GitHub's does not become a storm.

import type { JobId } from '../ids.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { idleTooLong } from '../lifecycle/vm-release.ts';
import type { DurationMs, Instant } from '../time.ts';
import { after, minutes } from '../time.ts';

export interface Setback {
  kind: 'failed' | 'idled-out';
  cause: JobId;
  /** The VM's own request: setbacks of VMs that were asked for together are one round. */
  requestedAt: Instant;
  at: Instant;
}

/** The setback that a VM was; undefined when it had a job, still may get one, or was merely surplus. */
export function setbackOf(vm: Vm): Setback | undefined {
  if (vm.job !== undefined) return undefined;
  const { cause, requestedAt } = vm;
  if (vm.failure !== undefined) {
    return { kind: 'failed', cause, requestedAt, at: vm.tombstone?.at ?? vm.release?.startedAt ?? vm.since };
  }
  if (vm.release?.why === idleTooLong) {
    return { kind: 'idled-out', cause, requestedAt, at: vm.release.startedAt };
  }
  // GitHub evicts idle JIT runners after some minutes; they end with code 0 (actions/runner#4726).
  if (vm.runnerEnded?.ranJob === false && vm.release === undefined) {
    return { kind: 'idled-out', cause, requestedAt, at: vm.runnerEnded.at };
  }
  return undefined;
}

export interface BackoffPolicy {
  /** The pause after the second setback in a row, the third, and so on; the last one stays. The first costs no pause. */
  backoffMs: readonly DurationMs[];
}

export const defaultBackoff: BackoffPolicy = { backoffMs: [1, 2, 4, 8, 15].map(minutes) };

/** Rounds of setbacks since the last news, and when the next try is due. */
export function backoffOf(
  setbacks: readonly Setback[],
  news: Instant | undefined,
  { backoffMs }: BackoffPolicy,
): { rounds: number; until: Instant } | undefined {
  const relevant = setbacks
    .filter(({ at }) => news === undefined || at > news)
    .sort((a, b) => a.requestedAt - b.requestedAt);
  let rounds = 0;
  let roundEnd: Instant | undefined;
  for (const { requestedAt, at } of relevant) {
    // At the very moment of an end: asked for because of it.
    if (roundEnd === undefined || requestedAt >= roundEnd) rounds += 1;
    roundEnd = roundEnd === undefined || at > roundEnd ? at : roundEnd;
  }
  if (roundEnd === undefined) return undefined;
  const pauses = [0, ...backoffMs];
  const pause = pauses[Math.min(rounds, pauses.length) - 1] ?? 0;
  return { rounds, until: after(roundEnd, pause) };
}
