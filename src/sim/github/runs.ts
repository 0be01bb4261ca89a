// Runs as a whole: made by a push, cancelled, run again.

import { runId } from '../../domain/ids.ts';
import { type Answer, answer, refuse } from './answer.ts';
import { addJob, advanceRun, cancelJobs, finishJob, startWaiting } from './run-progress.ts';
import type { Job, JobGroup, Repository, Run } from './state.ts';
import type { ParsedWorkflow } from './workflow/parse-workflow.ts';
import type { World } from './world.ts';

export interface RunCause {
  repository: Repository;
  path: string;
  /** A full ref, such as `refs/heads/main`. */
  ref: string;
  event: string;
  sender: string;
  secrets: Readonly<Record<string, string>>;
}

/** A run of a workflow with an error ends at once, failed, with annotations that name the lines. */
export function startRun(world: World, cause: RunCause, parsed: ParsedWorkflow): Run {
  const now = world.clock.now();
  const workflow =
    parsed.kind === 'workflow'
      ? parsed.workflow
      : { name: parsed.name, path: cause.path, env: undefined, defaults: undefined, jobs: [] };
  cause.repository.runs += 1;
  const run: Run = {
    ...cause,
    id: runId(world.ids.next('run')),
    number: cause.repository.runs,
    attempt: 1,
    workflow,
    workflowName: workflow.name ?? cause.path,
    headSha: world.ids.hex(20),
    createdAt: now,
    attemptStartedAt: now,
    updatedAt: now,
    status: 'queued',
    conclusion: undefined,
    cancelRequested: false,
    annotations: [],
    groups: workflow.jobs.map((definition) => ({
      definition,
      expanded: false,
      jobs: [],
      maxParallel: Number.POSITIVE_INFINITY,
      failFast: true,
    })),
    jobs: [],
  };
  world.state.runs.set(run.id, run);
  cause.repository.openRuns.add(run);
  if (parsed.kind === 'invalid') {
    run.annotations = parsed.annotations;
    run.status = 'completed';
    run.conclusion = 'failure';
    cause.repository.openRuns.delete(run);
  } else {
    advanceRun(world, run);
  }
  return run;
}

/** Jobs with a runner are asked to stop; all others are cancelled at once. `force` waits for nobody. */
export function cancelRun(world: World, run: Run, force = false): Answer<undefined> {
  if (run.status === 'completed') return refuse(409, 'Cannot cancel a workflow run that is completed.');
  run.cancelRequested = true;
  cancelJobs(world, currentJobs(run));
  if (force) for (const job of currentJobs(run)) finishJob(world, job, 'cancelled');
  advanceRun(world, run);
  return answer(undefined);
}

/** Lets a job go that waits for the approval of its environment. */
export function approveJob(world: World, job: Job): Answer<undefined> {
  if (job.phase !== 'waiting') return refuse(422, 'The job is not waiting.');
  job.environment = undefined;
  job.phase = 'held';
  startWaiting(world, job);
  advanceRun(world, job.run);
  return answer(undefined);
}

/** Says no to a job that waits for the approval of its environment: it fails without having run. */
export function rejectJob(world: World, job: Job): Answer<undefined> {
  if (job.phase !== 'waiting') return refuse(422, 'The job is not waiting.');
  finishJob(world, job, 'failure');
  return answer(undefined);
}

/** `all`; `failed`: jobs that did not succeed; or one job. The last two take all that depends on those with them. */
export type RerunSelection = 'all' | 'failed' | Job;

export function rerun(world: World, run: Run, selection: RerunSelection): Answer<undefined> {
  if (run.status !== 'completed') return refuse(403, 'This workflow is already running');
  if (run.workflow.jobs.length === 0)
    return refuse(403, 'The workflow run cannot be re-run: its workflow file is invalid.');
  const failed = (job: Job): boolean => job.conclusion !== 'success' && job.conclusion !== 'skipped';
  const chosen = (job: Job): boolean =>
    selection === 'all' || (selection === 'failed' ? failed(job) : selection === job);
  const again = run.groups.filter((group) => group.jobs.some(chosen));
  if (again.length === 0) return refuse(403, 'There are no jobs to re-run.');
  run.attempt += 1;
  run.attemptStartedAt = world.clock.now();
  run.status = 'queued';
  run.repository.openRuns.add(run);
  run.conclusion = undefined;
  run.cancelRequested = false;
  for (const group of dependents(run, again)) {
    group.expanded = false;
    group.jobs = [];
  }
  const whole = selection === 'all' || !world.beliefs.rerunFailedKeepsOthers;
  for (const group of again) {
    if (group.jobs.length === 0) continue;
    if (whole || group.jobs.every(chosen)) {
      group.expanded = false;
      group.jobs = [];
    } else {
      group.jobs = group.jobs.map((job) => (chosen(job) ? repeat(world, job) : job));
    }
  }
  advanceRun(world, run);
  return answer(undefined);
}

function repeat(world: World, job: Job): Job {
  const next = addJob(world, job.run, job.definition, job);
  startWaiting(world, next);
  return next;
}

function dependents(run: Run, groups: readonly JobGroup[]): Set<JobGroup> {
  const found = new Set<JobGroup>();
  const visit = (key: string): void => {
    for (const group of run.groups) {
      if (found.has(group) || !group.definition.needs.includes(key)) continue;
      found.add(group);
      visit(group.definition.key);
    }
  };
  for (const group of groups) visit(group.definition.key);
  return found;
}

/** The jobs of the latest attempt, with those of earlier attempts that it took over. */
export const currentJobs = (run: Run): Job[] => run.groups.flatMap((group) => group.jobs);

/** The jobs that a list shows: those of one attempt, of the latest execution of each, or all. */
export function jobsShown(world: World, run: Run, which: 'latest' | 'all' | { attempt: number }): Job[] {
  const jobs =
    which === 'latest'
      ? currentJobs(run)
      : which === 'all'
        ? run.jobs
        : run.jobs.filter((job) => job.attempt === which.attempt);
  return jobs.filter((job) => job.phase !== 'held' || world.beliefs.maxParallel === 'queued-and-held');
}
