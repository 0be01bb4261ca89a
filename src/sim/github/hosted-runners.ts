// GitHub's own runners, which take jobs that ask for hosted labels. Nobody sees them but by the jobs that they do.

import { runnerId, runnerName } from '../../domain/ids.ts';
import { hostedGroupId } from './accounts.ts';
import type { HostedWork } from './faults.ts';
import { startJob } from './job-start.ts';
import type { Conclusion, Job, Runner, RunnerScope } from './state.ts';
import { setDeadline } from './timers.ts';
import type { World } from './world.ts';

/** @param finish ends the job */
export function takeByHosted(
  world: World,
  job: Job,
  work: HostedWork,
  finish: (conclusion: Conclusion) => void,
): void {
  setDeadline(world.timers, job.deadlines, 'hosted', work.startMs, () => {
    startJob(world, job, hostedRunner(world, job));
    setDeadline(world.timers, job.deadlines, 'hosted', work.durationMs, () =>
      finish(job.cancelRequested ? 'cancelled' : work.conclusion),
    );
  });
}

function hostedRunner(world: World, job: Job): Runner {
  const id = world.ids.next('runner');
  return {
    id: runnerId(id),
    name: runnerName(`GitHub Actions ${id}`),
    scope: scopeOf(world, job),
    labels: job.labels,
    workFolder: '_work',
    clientId: '',
    createdAt: world.clock.now(),
    lastContactAt: undefined,
    os: 'Linux',
    version: undefined,
    session: undefined,
    job,
    deadlines: new Map(),
    ephemeral: true,
    removed: true,
  };
}

function scopeOf(world: World, { run: { repository } }: Job): RunnerScope {
  const group = world.state.groups.find((it) => it.owner === repository.owner && it.id === hostedGroupId);
  return group ? { kind: 'organization', group } : { kind: 'repository', repository };
}
