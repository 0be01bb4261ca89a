// Which runner gets which job: any online runner that is asking, has all labels of the job and may be used by its
// repository. Whoever asked first gets the job that waited longest.

import { mayUseGroup } from './accounts.ts';
import { freeRunner, removeRunner } from './runners.ts';
import type { Job, Runner, Session } from './state.ts';
import { setDeadline } from './timers.ts';
import type { World } from './world.ts';

export function canTake(world: World, runner: Runner, job: Job): boolean {
  const { scope } = runner;
  const { repository } = job.run;
  const reachable =
    scope.kind === 'repository' ? scope.repository === repository : mayUseGroup(scope.group, repository);
  const inGroup =
    job.groupName === undefined || (scope.kind === 'organization' && scope.group.name === job.groupName);
  if (!reachable || !inGroup) return false;
  const has = (label: string): boolean => runner.labels.includes(label.toLowerCase());
  return (
    job.labels.every(has) &&
    (world.beliefs.anySupersetMayTakeAJob || runner.labels.length === job.labels.length)
  );
}

/** Gives queued jobs to runners that are asking. Called whenever a job becomes queued or a runner asks. */
export function assignQueuedJobs(world: World): void {
  for (const job of queueOf(world)) {
    const session = firstAsking(world, job);
    if (session) assign(world, session, job);
  }
}

function queueOf(world: World): Job[] {
  const queued = [...world.state.jobs.values()].filter((job) => job.phase === 'queued');
  if (world.beliefs.queueOrder === 'any') {
    return queued
      .map((job) => ({ job, place: world.random.fraction() }))
      .sort((a, b) => a.place - b.place)
      .map(({ job }) => job);
  }
  return queued.sort((a, b) => a.queuedAt - b.queuedAt || a.id - b.id);
}

function firstAsking(world: World, job: Job): Session | undefined {
  let first: Session | undefined;
  for (const session of world.state.sessions.values()) {
    const { runner, askingSince } = session;
    if (askingSince === undefined || runner.removed || runner.job || !canTake(world, runner, job)) continue;
    if (first?.askingSince === undefined || askingSince < first.askingSince) first = session;
  }
  return first;
}

function assign(world: World, session: Session, job: Job): void {
  const { runner } = session;
  job.phase = 'assigned';
  job.runner = runner;
  job.requestId = world.ids.guid();
  runner.job = job;
  session.askingSince = undefined;
  session.mailbox.push({ kind: 'job', id: world.ids.next('message'), job });
  const { requestId } = job;
  setDeadline(world.timers, job.deadlines, 'acquire', world.beliefs.acquireDeadlineMs, () => {
    if (job.phase === 'assigned' && job.requestId === requestId) unassign(world, job);
  });
  session.wake?.();
}

/** The assignment came to nothing: the job is queued again, its runner is idle again. */
export function unassign(world: World, job: Job): void {
  const { runner } = job;
  job.phase = 'queued';
  job.runner = undefined;
  if (runner) {
    freeRunner(world, runner, job);
    if (!runner.removed) scheduleEviction(world, runner);
  }
  assignQueuedJobs(world);
}

/** GitHub takes away the registration of a runner that stays idle. */
export function scheduleEviction(world: World, runner: Runner): void {
  setDeadline(world.timers, runner.deadlines, 'idle', world.beliefs.idleEvictionMs, () => {
    if (!runner.job) removeRunner(world, runner);
  });
}
