// What a runner says about its job: acquired, still at it, done.

import { after } from '../../domain/time.ts';
import { type Answer, answer, refuse } from './answer.ts';
import { startJob } from './job-start.ts';
import { keepVersion } from './job-versions.ts';
import { cancelJob, concludedAs, finishJob } from './run-progress.ts';
import type { Conclusion, Job, Runner, Step } from './state.ts';
import { setDeadline } from './timers.ts';
import type { World } from './world.ts';

const minuteMs = 60_000;

/** `acquirejob`. 404: not this runner's job, or not any more; 409: acquired already. */
export function acquireJob(world: World, runner: Runner, requestId: string): Answer<Job> {
  const { job } = runner;
  if (!job || job.requestId !== requestId) return refuse(404, 'Job not found');
  if (job.phase !== 'assigned') return refuse(409, 'Job already acquired');
  startJob(world, job, runner);
  holdLock(world, job);
  setDeadline(world.timers, job.deadlines, 'timeout', job.timeoutMinutes * minuteMs, () =>
    timeOut(world, job),
  );
  return answer(job);
}

function timeOut(world: World, job: Job): void {
  if (job.phase !== 'in_progress') return;
  const message = `The job has exceeded the maximum execution time of ${job.timeoutMinutes}m0s`;
  job.annotations.push({ line: undefined, column: undefined, message });
  job.timedOut = true;
  cancelJob(world, job);
}

/** `renewjob`: the lock holds for `jobLockMs` from now on. */
export function renewJob(world: World, planId: string, guid: string): Answer<Job> {
  const job = runningJob(world, planId, guid);
  if (!job) return refuse(404, 'Job not found');
  holdLock(world, job);
  return answer(job);
}

function holdLock(world: World, job: Job): void {
  setLock(world, job, world.beliefs.jobLockMs);
}

function setLock(world: World, job: Job, ms: number): void {
  job.lockedUntil = after(world.clock.now(), ms);
  setDeadline(world.timers, job.deadlines, 'lock', ms, () => {
    const message = `The self-hosted runner: ${job.runner?.name} lost communication with the server.`;
    job.annotations.push({ line: undefined, column: undefined, message });
    finishJob(world, job, world.beliefs.lostRunnerConclusion);
  });
}

/**
 * Renews the lock once a minute until the returned function is called, by reckoning: nothing happens on the clock meanwhile,
 * and the lock ends when it would have ended.
 */
export function keepRenewing(world: World, job: Job): () => void {
  const since = world.clock.now();
  job.deadlines.get('lock')?.();
  job.deadlines.delete('lock');
  return () => {
    if (job.phase !== 'in_progress') return;
    const sinceLastMs = (world.clock.now() - since) % minuteMs;
    setLock(world, job, world.beliefs.jobLockMs - sinceLastMs);
  };
}

export interface JobReport {
  planId: string;
  guid: string;
  conclusion: Conclusion;
  outputs: Readonly<Record<string, string>>;
  /** The final word on the steps; those that are known are kept when it is left out. */
  steps?: readonly Step[];
  annotations?: readonly string[];
}

/** `completejob`. 404: no such job is running, which is also the answer to the same report sent twice. */
export function completeJob(world: World, report: JobReport): Answer<Job> {
  const job = runningJob(world, report.planId, report.guid);
  if (!job) return refuse(404, 'Job not found');
  job.outputs = { ...report.outputs };
  if (report.steps) job.steps = [...report.steps];
  for (const message of report.annotations ?? []) {
    job.annotations.push({ line: undefined, column: undefined, message });
  }
  finishJob(world, job, concludedAs(world, job, report.conclusion));
  return answer(job);
}

/** News of steps while the job runs; by external id, unknown ones are added. */
export function updateSteps(world: World, job: Job, steps: readonly Step[]): void {
  const known = new Map(job.steps.map((step) => [step.externalId, step]));
  for (const step of steps) known.set(step.externalId, step);
  job.steps = [...known.values()].sort((a, b) => a.number - b.number);
  keepVersion(world, job);
}

function runningJob(world: World, planId: string, guid: string): Job | undefined {
  const job = world.state.jobsByGuid.get(guid);
  return job?.planId === planId && job.phase === 'in_progress' ? job : undefined;
}

/** By the token that the job's own message carried; it is good as long as the job is known. */
export const jobByToken = (world: World, token: string): Job | undefined =>
  world.state.jobsByToken.get(token);
