// Runs, jobs and logs of a repository.

import { jobId, runId } from '../../../domain/ids.ts';
import { type Answer, answer, notFound, refuse } from '../answer.ts';
import { createdIn } from '../created-in.ts';
import { logOf } from '../job-log.ts';
import { jobAsRead } from '../job-versions.ts';
import { renderJob } from '../render/job.ts';
import { renderRun } from '../render/run.ts';
import { cancelRun, jobsShown, type RerunSelection, rerun } from '../runs.ts';
import type { Job, Run } from '../state.ts';
import { ok, page, type RestCall, type RestReply, type RestRoute, repositoryOf } from './rest.ts';
import type { Shell } from './shell.ts';

const base = '/repos/:owner/:repo/actions';
const read = { auth: 'reader', permission: ['actions', 'read'] } as const;
const write = { auth: 'installation', permission: ['actions', 'write'] } as const;

export function actionsRoutes(shell: Shell): RestRoute[] {
  const { world } = shell;
  const runCall = (path: string, act: (run: Run) => Answer<undefined>, status: number): RestRoute => ({
    method: 'POST',
    path: `${base}/${path}`,
    ...write,
    handle: (call) => withRun(call, (run) => replyTo(act(run), status)),
  });
  const again = (selection: RerunSelection) => (run: Run) => rerun(world, run, selection);
  return [
    { method: 'GET', path: `${base}/runs`, ...read, handle: listRuns },
    {
      method: 'GET',
      path: `${base}/runs/:id`,
      ...read,
      handle: (call) => withRun(call, (run) => ok(renderRun(world, run))),
    },
    {
      method: 'GET',
      path: `${base}/runs/:id/jobs`,
      ...read,
      handle: (call) =>
        withRun(call, (run) =>
          listJobs(call, jobsShown(world, run, call.query.filter === 'all' ? 'all' : 'latest')),
        ),
    },
    {
      method: 'GET',
      path: `${base}/runs/:id/attempts/:attempt/jobs`,
      ...read,
      handle: (call) =>
        withRun(call, (run) =>
          listJobs(call, jobsShown(world, run, { attempt: Number(call.params.attempt) })),
        ),
    },
    runCall('runs/:id/rerun', again('all'), 201),
    runCall('runs/:id/rerun-failed-jobs', again('failed'), 201),
    runCall('runs/:id/cancel', (run) => cancelRun(world, run), 202),
    runCall('runs/:id/force-cancel', (run) => cancelRun(world, run, true), 202),
    {
      method: 'GET',
      path: `${base}/jobs/:id`,
      ...read,
      handle: (call) => withJob(call, (job) => ok(renderJob(world, jobAsRead(world, job)))),
    },
    {
      method: 'POST',
      path: `${base}/jobs/:id/rerun`,
      ...write,
      handle: (call) => withJob(call, (job) => replyTo(rerun(world, job.run, job), 201)),
    },
    {
      method: 'GET',
      path: `${base}/jobs/:id/logs`,
      ...read,
      handle: (call) => withJob(call, (job) => logLocation(shell, job)),
    },
  ];
}

const replyTo = (done: Answer<undefined>, status: number): Answer<RestReply> =>
  done.ok ? answer({ status, body: {} }) : done;

function listRuns(call: RestCall): Answer<RestReply> {
  const { world, query } = call;
  const repository = repositoryOf(call);
  if (!repository.ok) return repository;
  const isOpen = query.status === 'queued' || query.status === 'in_progress';
  const runs = isOpen ? repository.value.openRuns : world.state.runs.values();
  const all = [...runs]
    .filter((run) => run.repository === repository.value)
    .filter((run) => query.status === undefined || statusMatches(run, query.status))
    .filter(createdIn(query.created))
    .sort((a, b) => b.id - a.id);
  const isSearch = searchParameters.some((name) => query[name] !== undefined);
  const shown = isSearch ? all.slice(0, world.beliefs.runSearchLimit) : all;
  const { items, headers } = page(call, pathOf(call, '/runs'), shown);
  return ok({ total_count: all.length, workflow_runs: items.map((run) => renderRun(world, run)) }, headers);
}

/** The filter takes a status or a conclusion (GitHub docs, list workflow runs for a repository). */
const statusMatches = (run: Run, wanted: string): boolean =>
  run.status === wanted || run.conclusion === wanted;

/** GitHub docs, list workflow runs for a repository. */
const searchParameters = ['actor', 'branch', 'check_suite_id', 'created', 'event', 'head_sha', 'status'];

function listJobs(call: RestCall, shown: readonly Job[]): Answer<RestReply> {
  const { world } = call;
  const all = shown.filter(({ id }) => !world.faults.listMisses('jobs', id));
  const { items, headers } = page(call, pathOf(call, `/runs/${call.params.id}/jobs`), all);
  return ok(
    { total_count: all.length, jobs: items.map((job) => renderJob(world, jobAsRead(world, job))) },
    headers,
  );
}

const pathOf = ({ params }: RestCall, rest: string): string =>
  `/repos/${params.owner}/${params.repo}/actions${rest}`;

function withRun(call: RestCall, then: (run: Run) => Answer<RestReply>): Answer<RestReply> {
  const repository = repositoryOf(call);
  if (!repository.ok) return repository;
  const run = call.world.state.runs.get(runId(Number(call.params.id)));
  return run?.repository === repository.value ? then(run) : notFound;
}

function withJob(call: RestCall, then: (job: Job) => Answer<RestReply>): Answer<RestReply> {
  const repository = repositoryOf(call);
  if (!repository.ok) return repository;
  const job = call.world.state.jobs.get(jobId(Number(call.params.id)));
  return job?.run.repository === repository.value ? then(job) : notFound;
}

/** A redirect to a URL that is good for a minute. There is no log before the job has ended. */
function logLocation(shell: Shell, job: Job): Answer<RestReply> {
  if (job.phase !== 'completed') return notFound;
  if (logOf(job) === undefined)
    return refuse(410, 'The logs for this run have expired and are no longer available.');
  const { token } = shell.logTokens.issue('', job, shell.world.beliefs.logUrlMs);
  const origin = new URL(shell.world.urls.api).origin;
  return answer({ status: 302, headers: { location: `${origin}/logs/${token}` } });
}
