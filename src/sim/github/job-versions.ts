// What REST showed of a job from when on. GitHub answers reads from replicas that may be behind: such an answer was true once,
// and nothing in it says that it is not true any more.

import type { Job } from './state.ts';
import type { World } from './world.ts';

/** Called after each change of what REST shows. */
export function keepVersion(world: World, job: Job): void {
  const { phase, conclusion, startedAt, completedAt, runner, steps } = job;
  job.versions.push({ at: world.clock.now(), phase, conclusion, startedAt, completedAt, runner, steps });
}

/**
 * The job as a read shows it now: as it is, or, by the fault `replicaLagMs`, as it was. The caller cannot tell, and takes
 * the moment of its request for the time at which the answer was true; a later read is what mends that.
 */
export function jobAsRead(world: World, job: Job): Job {
  const lagMs = world.faults.replicaLagMs(job);
  if (lagMs <= 0) return job;
  const version = versionAsRead(world, job, lagMs);
  return version === undefined ? job : { ...job, ...version };
}

/** What a replica shows that is so much behind. */
export function versionAsRead(
  world: World,
  { versions }: Job,
  lagMs: number,
): Job['versions'][number] | undefined {
  const then = world.clock.now() - lagMs;
  return versions.findLast(({ at }) => at <= then) ?? versions[0];
}
