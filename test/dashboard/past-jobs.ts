// Weeks of jobs that are over, for the pages that look back: one that became slower with a commit, one with an image, many that
// stayed as they were.

import { aJob, aVm, image as oldImage } from '../../src/domain/domain.fixture.ts';
import {
  type HostId,
  imageDigest,
  type JobId,
  jobId,
  repositoryId,
  runId,
  runnerId,
  runnerName,
  vmId,
} from '../../src/domain/ids.ts';
import { aFinishedJob } from '../../src/domain/insights/insights.fixture.ts';
import { scopeKey } from '../../src/domain/scope.ts';
import { days, hours, type Instant, instantOf, minutes, seconds } from '../../src/domain/time.ts';
import type { Transaction } from '../../src/ports/store.ts';

const newImage = imageDigest(`sha256:${'2'.repeat(64)}`);
const daysBack = 42;

interface Course {
  repository: string;
  workflow: string;
  name: string;
  label: string;
  cpus: number;
  ms: number;
  /** How many times as long it takes in the last days. */
  slower: number;
  because: 'commit' | 'image' | 'nothing';
}

const courses: readonly Course[] = [
  {
    ...{ repository: 'acme/shop', workflow: 'CI', name: 'integration', label: 'bellows-8cpu-16gb', cpus: 8 },
    ...{ ms: minutes(11), slower: 1.7, because: 'commit' },
  },
  {
    ...{ repository: 'acme/shop', workflow: 'CI', name: 'lint', label: 'bellows-2cpu-4gb', cpus: 2 },
    ...{ ms: seconds(48), slower: 1, because: 'nothing' },
  },
  {
    ...{ repository: 'acme/warehouse', workflow: 'Nightly', name: 'import (postgres, 15)' },
    ...{ label: 'bellows-4cpu-8gb', cpus: 4, ms: minutes(34), slower: 1.3, because: 'image' },
  },
  {
    ...{ repository: 'acme/api', workflow: 'Release of everything that we ship', name: 'publish' },
    ...{ label: 'bellows-2cpu-4gb', cpus: 2, ms: minutes(4), slower: 1.05, because: 'nothing' },
  },
];

/** Gives the ids of the jobs, oldest first. */
export async function putPastJobs(tx: Transaction, now: Instant, host: HostId): Promise<readonly JobId[]> {
  const ids: JobId[] = [];
  for (const [which, course] of courses.entries()) {
    for (let day = daysBack; day >= 1; day--) {
      for (const time of [0, 1]) ids.push(await putRun(tx, course, { which, day, time, now, host }));
    }
  }
  return ids;
}

interface When {
  which: number;
  /** Days ago. */
  day: number;
  time: number;
  now: Instant;
  host: HostId;
}

async function putRun(
  tx: Transaction,
  course: Course,
  { which, day, time, now, host }: When,
): Promise<JobId> {
  const number = 800_000 + which * 1_000 + (daysBack - day) * 2 + time;
  const id = jobId(number);
  const isLate = day <= 5;
  const luck = 0.94 + 0.12 * (((number * 7) % 13) / 12);
  const ms = Math.round(course.ms * luck * (isLate ? course.slower : 1));
  const endedAt = instantOf(now - days(day) + hours(3 * time));
  const startedAt = instantOf(endedAt - ms);
  const commit = course.because === 'commit' && isLate ? `b${day}` : `a${Math.floor(day / 3)}`;
  const runner = runnerName(`bellows-past-${number}`);
  const image = course.because === 'image' && isLate ? newImage : oldImage;
  const { repository, workflow, name, label } = course;
  const base = aJob();
  const job = {
    ...base,
    ...{ id, runId: runId(number), name, workflowName: workflow, labels: [label] },
    headSha: commit.padEnd(40, '0'),
    url: `https://github.com/${repository}/actions/runs/${number}/job/${number}`,
    repository: { ...base.repository, id: repositoryId(100 + which), fullName: repository },
    state: 'done' as const,
    waitingFor: '',
    firstSeenAt: instantOf(startedAt - seconds(9)),
    since: endedAt,
    knowledge: {
      ...base.knowledge,
      started: { at: startedAt },
      runner: { id: runnerId(number), name: runner },
      completed: { conclusion: 'success' as const, at: endedAt },
    },
  };
  await tx.jobs.insert(job);
  const vm = aVm({
    ...{ id: vmId(`vm-past-${number}`), runnerName: runner, host, image, cause: id, job: id },
    state: 'gone',
  });
  await tx.vms.insert(vm);
  await tx.insights.measure(scopeKey(base.scope), runner, {
    had: { milliCpus: course.cpus * 1_000, memoryMib: course.cpus * 2_048, diskGib: 30 },
    peaks: { cpuPercent: 140 + (number % 7) * 5, memoryMib: 1_900 + (number % 11) * 60, diskMib: 5_400 },
    means: { cpuPercent: 80 + (number % 7) * 3, memoryMib: 1_200 },
    traffic: { receivedBytes: 212_000_000, sentBytes: 3_400_000 },
  });
  tx.insights.record(
    id,
    aFinishedJob(number, {
      ...{ repository, workflow, name, endedAt, ms, runner, labels: label },
      sha: job.headSha,
      scope: scopeKey(base.scope),
      waitMs: seconds(8),
    }),
  );
  return id;
}
