// What is so at GitHub, for those who judge what the product made of it: not what REST shows, and nothing that a fault or a
// belief colours. Cheap: only what is alive is looked through.

import type { RunnerId, RunnerName } from '../../domain/ids.ts';
import { isOnline } from './runners.ts';
import type { Job, JobStart, Runner } from './state.ts';
import type { World } from './world.ts';

/** Jobs that are not completed, oldest first. */
export const openJobs = (world: World): readonly Job[] => [...world.state.openJobs];

/** Every job that there ever was, oldest first. */
export const jobs = (world: World): IterableIterator<Job> => world.state.jobs.values();

export interface TrueRunner {
  id: RunnerId;
  name: RunnerName;
  /** Registered; a runner whose registration was taken away goes on with its job. */
  registered: boolean;
  online: boolean;
  /** The job that it was given, acquired or not. */
  job: Job | undefined;
  busy: boolean;
  labels: readonly string[];
}

/** Runners that are registered or have a job, oldest first. */
export const runners = (world: World): readonly TrueRunner[] =>
  [...world.state.runners.values()].map((runner) => trueRunner(world, runner));

const trueRunner = (world: World, runner: Runner): TrueRunner => ({
  id: runner.id,
  name: runner.name,
  registered: !runner.removed,
  online: isOnline(world, runner),
  job: runner.job,
  busy: runner.job !== undefined,
  labels: runner.labels,
});

/** The job that the runner of this id has at this moment. */
export const jobOf = (world: World, runner: RunnerId): Job | undefined =>
  world.state.runners.get(runner)?.job;

/** Each time that a runner began to work on the job. More than one is a double run. */
export const startsOf = (job: Job): readonly JobStart[] => job.starts;

/** The jobs that runners of this name began to work on. More than one is a reused VM. */
export const jobsRunBy = (world: World, runner: RunnerName): readonly Job[] =>
  world.state.startedBy.get(runner) ?? [];

/** Jobs that were started more than once, and names under which more than one job was started. */
export function doubles(world: World): { jobs: readonly Job[]; runners: readonly RunnerName[] } {
  return {
    jobs: [...world.state.jobs.values()].filter(({ starts }) => starts.length > 1),
    runners: [...world.state.startedBy].filter(([, started]) => started.length > 1).map(([name]) => name),
  };
}
