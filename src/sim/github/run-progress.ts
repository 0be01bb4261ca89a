// How a run goes forward: jobs become queued when their needs have ended, end, and make the next ones possible.

import { jobId } from '../../domain/ids.ts';
import { dequeue, enqueue } from './assignment.ts';
import { takeByHosted } from './hosted-runners.ts';
import { announceJob } from './job-events.ts';
import { type JobPlan, planGroup, resultOf } from './job-plan.ts';
import { keepVersion } from './job-versions.ts';
import { freeRunner, removeRunner } from './runners.ts';
import type { Conclusion, Job, JobGroup, Run } from './state.ts';
import { liftDeadlines, setDeadline } from './timers.ts';
import type { JobDefinition } from './workflow/workflow.ts';
import type { World } from './world.ts';

/** Does all that is possible now: expands groups whose needs have ended, lets held jobs go, concludes the run. */
export function advanceRun(world: World, run: Run): void {
  if (run.status === 'completed') return;
  for (let ready = nextReady(run); ready; ready = nextReady(run)) expand(world, run, ready);
  for (const group of run.groups) letGo(world, group);
  concludeRun(world, run);
}

const nextReady = (run: Run): JobGroup | undefined =>
  run.groups.find(
    (group) =>
      !group.expanded &&
      run.groups.every((other) => !group.definition.needs.includes(other.definition.key) || resultOf(other)),
  );

function expand(world: World, run: Run, group: JobGroup): void {
  const plan = planGroup(run, group, world.urls);
  group.expanded = true;
  if (plan.kind === 'jobs') {
    group.maxParallel = plan.maxParallel;
    group.failFast = plan.failFast;
    group.jobs = plan.jobs.map((job) => addJob(world, run, group.definition, job));
    for (const job of group.jobs) startWaiting(world, job);
    return;
  }
  const job = addJob(world, run, group.definition, placeholder(group.definition));
  group.jobs = [job];
  if (plan.kind === 'invalid') {
    job.annotations.push({ line: group.definition.line, column: undefined, message: plan.message });
  }
  endJob(world, job, plan.kind === 'skip' ? 'skipped' : 'failure');
}

/** A job that never runs still is a job: with its key for a name and no labels. */
const placeholder = (definition: JobDefinition): JobPlan => ({
  name: typeof definition.name === 'string' ? definition.name : definition.key,
  labels: [],
  groupName: undefined,
  environment: undefined,
  matrix: undefined,
  matrixIndex: 0,
  matrixTotal: 1,
  needs: {},
  continueOnError: false,
  failFast: true,
  maxParallel: 1,
  timeoutMinutes: 1,
});

export function addJob(world: World, run: Run, definition: JobDefinition, plan: JobPlan): Job {
  const now = world.clock.now();
  const job: Job = {
    ...plan,
    id: jobId(world.ids.next('job')),
    run,
    attempt: run.attempt,
    definition,
    phase: 'held',
    conclusion: undefined,
    createdAt: now,
    queuedAt: now,
    startedAt: undefined,
    completedAt: undefined,
    runner: undefined,
    cancelRequested: false,
    outputs: {},
    steps: [],
    annotations: [],
    planId: world.ids.guid(),
    guid: world.ids.guid(),
    requestId: '',
    token: jobToken(world),
    lockedUntil: undefined,
    timedOut: false,
    deadlines: new Map(),
    logText: undefined,
    stepLogs: new Map(),
    summaries: new Map(),
    assignableAt: undefined,
    starts: [],
    versions: [],
  };
  const { state } = world;
  state.jobs.set(job.id, job);
  state.jobsByGuid.set(job.guid, job);
  state.jobsByToken.set(job.token, job);
  state.openJobs.add(job);
  run.jobs.push(job);
  keepVersion(world, job);
  return job;
}

/** Three dot-separated base64url parts: the runner parses it and does not check the signature. */
function jobToken(world: World): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { iss: 'bellows-sim', jti: world.ids.guid(), scp: 'Actions.Results' };
  return `${part({ typ: 'JWT', alg: 'HS256' })}.${part(payload)}.${part(world.ids.hex(16))}`;
}

/** The job is there: announced as waiting for its environment, or as queued, be it held by max-parallel or not. */
export function startWaiting(world: World, job: Job): void {
  if (job.environment !== undefined && job.run.repository.protectedEnvironments.has(job.environment)) {
    const protectedJob = world.faults.protectedJob(job) ?? world.beliefs.protectedJob;
    if (protectedJob === 'queued-then-waiting') announceJob(world, job, 'queued');
    job.phase = 'waiting';
    keepVersion(world, job);
    if (protectedJob === 'queued-says-waiting') announceJob(world, job, 'queued');
    announceJob(world, job, 'waiting');
  } else if (world.beliefs.maxParallel === 'queued-and-held') {
    announceJob(world, job, 'queued');
  }
}

/** Held jobs become queued as far as max-parallel lets them. */
function letGo(world: World, group: JobGroup): void {
  const open = group.jobs.filter((job) => ['queued', 'assigned', 'in_progress'].includes(job.phase)).length;
  const held = group.jobs.filter((job) => job.phase === 'held');
  for (const job of held.slice(0, Math.max(0, group.maxParallel - open))) {
    if (world.beliefs.maxParallel === 'created-late') announceJob(world, job, 'queued');
    queueJob(world, job);
  }
}

/** Puts a job before the runners, and cancels it when none takes it in time. */
function queueJob(world: World, job: Job): void {
  job.phase = 'queued';
  job.queuedAt = world.clock.now();
  keepVersion(world, job);
  setDeadline(world.timers, job.deadlines, 'queued', world.beliefs.queuedLimitMs, () => {
    if (job.phase === 'queued' || job.phase === 'assigned') finishJob(world, job, 'cancelled');
  });
  const hosted = world.faults.hosted(job);
  if (hosted) takeByHosted(world, job, hosted, (conclusion) => finishJob(world, job, conclusion));
  else enqueue(world, job);
}

/** Ends a job and draws the conclusions for its siblings, its dependents and its run. Ending it twice changes nothing. */
export function finishJob(world: World, job: Job, conclusion: Conclusion): void {
  if (job.phase === 'completed') return;
  endJob(world, job, conclusion);
  const group = job.run.groups.find((it) => it.definition === job.definition);
  if (group?.failFast && conclusion === 'failure' && !job.continueOnError) {
    cancelJobs(world, group.jobs);
  }
  advanceRun(world, job.run);
}

function endJob(world: World, job: Job, conclusion: Conclusion): void {
  if (job.phase === 'queued') dequeue(world, job);
  world.state.openJobs.delete(job);
  job.phase = 'completed';
  job.conclusion = conclusion;
  job.completedAt = world.clock.now();
  liftDeadlines(job.deadlines);
  const { runner } = job;
  if (runner) {
    if (job.startedAt === undefined) job.runner = undefined;
    freeRunner(world, runner, job);
    const lag = world.beliefs.deregistrationLagMs;
    const isSpent = runner.ephemeral && world.beliefs.oneJobPerRegistration;
    if (isSpent && job.startedAt !== undefined) {
      if (lag > 0) world.timers.after(lag, () => removeRunner(world, runner));
      else removeRunner(world, runner);
    }
  }
  keepVersion(world, job);
  announceJob(world, job, 'completed');
}

/** Those that max-parallel holds first, or ending the others would let them go. */
export function cancelJobs(world: World, jobs: readonly Job[]): void {
  for (const job of jobs) if (job.phase === 'held') cancelJob(world, job);
  for (const job of jobs) cancelJob(world, job);
}

/** Cancels one job: at once when no runner has it, else by a message to its runner and a deadline. */
export function cancelJob(world: World, job: Job): void {
  if (job.phase === 'completed' || job.cancelRequested) return;
  job.cancelRequested = true;
  if (job.phase !== 'in_progress') {
    finishJob(world, job, 'cancelled');
    return;
  }
  const timeoutMs = world.beliefs.cancelGraceMs;
  const session = job.runner?.session;
  if (session) {
    session.mailbox.push({ kind: 'cancel', id: world.ids.next('message'), job, timeoutMs });
    session.wake?.();
  }
  setDeadline(world.timers, job.deadlines, 'cancel', timeoutMs, () => {
    finishJob(world, job, concludedAs(world, job, 'cancelled'));
  });
}

/** What the job counts as, when its runner or nobody says `conclusion`. */
export const concludedAs = (world: World, job: Job, conclusion: Conclusion): Conclusion =>
  job.timedOut ? world.beliefs.jobTimeoutConclusion : conclusion;

function concludeRun(world: World, run: Run): void {
  const results = run.groups.map(resultOf);
  run.updatedAt = world.clock.now();
  if (results.includes(undefined)) {
    const started = run.jobs.some((job) => job.attempt === run.attempt && job.startedAt !== undefined);
    if (started) run.status = 'in_progress';
    return;
  }
  run.status = 'completed';
  run.repository.openRuns.delete(run);
  if (results.includes('failure')) run.conclusion = 'failure';
  else if (run.cancelRequested || results.includes('cancelled')) run.conclusion = 'cancelled';
  else run.conclusion = results.every((result) => result === 'skipped') ? 'skipped' : 'success';
}
