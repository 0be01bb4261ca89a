// A runner begins to work on a job, whoever's runner it is.

import { announceJob } from './job-events.ts';
import { keepVersion } from './job-versions.ts';
import type { Job, Runner } from './state.ts';
import type { World } from './world.ts';

export function startJob(world: World, job: Job, runner: Runner): void {
  const at = world.clock.now();
  const { startedBy } = world.state;
  job.phase = 'in_progress';
  job.runner = runner;
  job.startedAt = at;
  job.run.status = 'in_progress';
  job.starts.push({ at, runner: runner.id, runnerName: runner.name });
  const others = startedBy.get(runner.name);
  if (others) others.push(job);
  else startedBy.set(runner.name, [job]);
  keepVersion(world, job);
  announceJob(world, job, 'in_progress');
}
