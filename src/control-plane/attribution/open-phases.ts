// What goes on now and may be overdue, out of the rows of the VMs that there are. In a storm most of them wait, so what is not
// late for its VM's own sake is left out before any job is read.

import { type GoingOn, goingOn, mayBeOverdue, openPhaseOf } from '../../domain/attribution/going-on.ts';
import type { OpenPhase } from '../../domain/attribution/overdue.ts';
import type { StreamKey } from '../../domain/attribution/sample.ts';
import type { Stream } from '../../domain/attribution/stream.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { Instant } from '../../domain/time.ts';
import { shutOut } from '../../domain/waits/shut-out.ts';
import type { Transaction } from '../../ports/store.ts';

/** The longest of them: more speak no clearer. */
const mostOpen = 500;

/** @param vms all that are not gone. */
export async function openPhases(
  tx: Transaction,
  vms: readonly Vm[],
  streams: ReadonlyMap<StreamKey, Stream>,
  now: Instant,
): Promise<readonly OpenPhase[]> {
  const late = vms
    .map(goingOn)
    .filter((one) => one !== undefined)
    .filter((one) => mayBeOverdue(one, streams, now))
    .sort((a, b) => a.from - b.from || (a.vm.id < b.vm.id ? -1 : 1))
    .slice(0, mostOpen);
  if (late.length === 0) return [];
  const jobs = new Map((await tx.jobs.some(late.map(jobOf))).map((job) => [job.id, job]));
  const groups = await tx.loops.get('runner-groups');
  const runs = Map.groupBy(await waitingRuns(tx, late, jobs), ({ runId }) => runId);
  return late.flatMap((one) => {
    const job = jobs.get(jobOf(one));
    // One that its organisation keeps from the runner waits for nobody who is slow.
    if (job === undefined || shutOut(groups, job) !== undefined) return [];
    const open = openPhaseOf(one, job, runs.get(job.runId) ?? [], now);
    return open === undefined ? [] : [open];
  });
}

/** The job that it runs, or else the one that it was made for. */
const jobOf = ({ vm }: GoingOn): Job['id'] => vm.job ?? vm.cause;

async function waitingRuns(
  tx: Transaction,
  late: readonly GoingOn[],
  jobs: ReadonlyMap<Job['id'], Job>,
): Promise<readonly Job[]> {
  const runs = late.flatMap((one) => (one.phase === 'assigning' ? (jobs.get(jobOf(one))?.runId ?? []) : []));
  return runs.length === 0 ? [] : await tx.jobs.ofRuns([...new Set(runs)]);
}
