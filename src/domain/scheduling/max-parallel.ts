// GitHub queues more jobs of a run than the run's `max-parallel` lets it start, and does not say which. We notice it by VMs
// that idle out while a job of the same run works: then further VMs wait until a job of the run ends, and each end frees one.

import type { JobId, RunId } from '../ids.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import type { DurationMs, Instant } from '../time.ts';
import { after, minutes } from '../time.ts';
import type { Setback } from './setback.ts';

/** What a run under the rule may still have. */
export interface RunHold {
  /** VMs that may be asked for now. */
  allowance: number;
  /** When one is tried although no job ended: our guess about the run may be wrong, and must not cost hours (I4). */
  until: Instant;
}

export const defaultProbeMs: DurationMs = minutes(15);

export function runHolds(
  jobs: readonly Job[],
  vms: readonly Vm[],
  setbacks: readonly Setback[],
  now: Instant,
  probeMs: DurationMs,
): ReadonlyMap<RunId, RunHold> {
  const idled = setbacks.filter(({ kind }) => kind === 'idled-out');
  const holds = new Map<RunId, RunHold>();
  const runOf = new Map<JobId, RunId>(jobs.map((job) => [job.id, job.runId]));
  const ofRuns = Map.groupBy(jobs, ({ runId }) => runId);
  for (const [run, ends] of Map.groupBy(idled, ({ cause }) => runOf.get(cause))) {
    if (run === undefined) continue;
    const last = Math.max(...ends.map(({ at }) => at));
    const ofRun = ofRuns.get(run) ?? [];
    if (!ofRun.some(({ state, since }) => state === 'running' && since <= last)) continue;
    const ended = ofRun.filter(({ state, since }) => state === 'done' && since > last).length;
    const made = vms
      .filter(({ cause, requestedAt }) => requestedAt > last && runOf.get(cause) === run)
      .map(({ requestedAt }) => requestedAt);
    // A VM that was tried and lives is a try like one that idled out: the next comes as long after it, not at once.
    const untilTryMs = Math.max(last, ...made) + probeMs - now;
    const isDue = untilTryMs <= 0;
    const allowance = Math.max(ended - made.length, isDue ? 1 : 0);
    holds.set(run, { allowance, until: after(now, isDue ? probeMs : untilTryMs) });
  }
  return holds;
}
