// The results service: steps as they go, logs and summaries as blobs that are uploaded to a signed URL
// (actions/runner: ResultsHttpClient.cs). Callers hold the token of their job.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { jobByToken, updateSteps } from '../job-calls.ts';
import { logOf } from '../job-log.ts';
import type { Job } from '../state.ts';
import { record } from './rest.ts';
import { stepsOf } from './results-format.ts';
import { bearerOf, type Shell, type Upload } from './shell.ts';

const receiver = '/results/twirp/results.services.receiver.Receiver';
const stepService = '/results/twirp/github.actions.results.api.v1.WorkflowStepUpdateService';

export function addResultsService(server: FastifyInstance, shell: Shell): void {
  const post = (path: string, handle: (job: Job, body: Record<string, unknown>) => object): void => {
    server.post(path, (request, reply) => {
      const body = record(request.body);
      const job = jobByToken(shell.world, bearerOf(request.headers.authorization) ?? '');
      if (job === undefined || job.guid !== body.workflow_job_run_backend_id) {
        return reply.code(401).send({ code: 'unauthenticated', msg: 'not the token of this job' });
      }
      return reply.send(handle(job, body));
    });
  };
  const url = (key: string, uploadOf: (job: Job, step: string) => Upload) => {
    return (job: Job, body: Record<string, unknown>) => ({
      [key]: uploadUrl(shell, uploadOf(job, String(body.step_backend_id ?? ''))),
      blob_storage_type: 'BLOB_STORAGE_TYPE_AZURE',
      soft_size_limit: '1073741824',
    });
  };
  post(`${stepService}/WorkflowStepsUpdate`, (job, body) => {
    updateSteps(shell.world, job, stepsOf(body.steps));
    return { ok: true };
  });
  post(
    `${receiver}/GetStepLogsSignedBlobURL`,
    url('logs_url', (job, step) => ({ kind: 'step-log', job, step })),
  );
  post(
    `${receiver}/GetJobLogsSignedBlobURL`,
    url('logs_url', (job) => ({ kind: 'job-log', job })),
  );
  post(
    `${receiver}/GetStepSummarySignedBlobURL`,
    url('summary_url', (job, step) => ({ kind: 'summary', job, step })),
  );
  post(
    `${receiver}/GetJobDiagLogsSignedBlobURL`,
    url('diag_logs_url', (job) => ({ kind: 'diagnostics', job })),
  );
  for (const name of ['CreateStepLogsMetadata', 'CreateJobLogsMetadata', 'CreateStepSummaryMetadata']) {
    post(`${receiver}/${name}`, () => ({ ok: true }));
  }
  server.put('/results/blobs/:id', (request, reply) => upload(shell, request, reply));
  server.get('/logs/:token', (request, reply) => {
    const job = shell.logTokens.look(String(record(request.params).token));
    if (!job) return reply.code(404).send('The URL is not valid any more.');
    return sendPart(request.headers.range, reply, Buffer.from(logOf(job) ?? ''));
  });
}

/** The whole, or its last bytes: Azure Blob Storage knows ranges. */
function sendPart(range: string | undefined, reply: FastifyReply, whole: Buffer) {
  const last = /^bytes=-(\d+)$/.exec(range ?? '')?.[1];
  reply.type('text/plain; charset=utf-8');
  if (last === undefined) return reply.send(whole);
  if (whole.length === 0) return reply.code(416).send();
  const part = whole.subarray(-Number(last));
  const [from, to] = [whole.length - part.length, whole.length - 1];
  return reply.code(206).header('content-range', `bytes ${from}-${to}/${whole.length}`).send(part);
}

/** Runners append `&comp=…`, so the URL has a query already. */
function uploadUrl(shell: Shell, target: Upload): string {
  const id = shell.world.ids.hex(16);
  shell.uploads.set(id, target);
  return `${shell.world.urls.runner}/results/blobs/${id}?sig=${shell.world.ids.hex(8)}`;
}

/** A block blob is replaced, an append blob begins empty and grows (Azure Blob Storage REST API, Put Blob, Append Block). */
function upload(shell: Shell, request: FastifyRequest, reply: FastifyReply) {
  const target = shell.uploads.get(String(record(request.params).id));
  if (!target) return reply.code(404).send();
  const text = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : String(request.body ?? '');
  if (record(request.query).comp === 'appendblock') store(target, (before) => before + text);
  else store(target, () => text);
  return reply.code(201).send();
}

function store(target: Upload, change: (before: string) => string): void {
  const { job } = target;
  switch (target.kind) {
    case 'job-log':
      job.logText = change(job.logText ?? '');
      break;
    case 'step-log':
      job.stepLogs.set(target.step, change(job.stepLogs.get(target.step) ?? ''));
      break;
    case 'summary':
      job.summaries.set(target.step, change(job.summaries.get(target.step) ?? ''));
      break;
    case 'diagnostics':
      break;
  }
}
