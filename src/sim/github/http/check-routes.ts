// Check runs over HTTP.

import type { Answer } from '../answer.ts';
import { answer } from '../answer.ts';
import {
  type CheckRunFields,
  checkRunsOf,
  createCheckRun,
  findCheckRun,
  updateCheckRun,
} from '../check-runs.ts';
import { renderCheckRun } from '../render/check-run.ts';
import type { CheckRun } from '../state.ts';
import { ok, page, type RestCall, type RestReply, type RestRoute, record, repositoryOf } from './rest.ts';

const base = '/repos/:owner/:repo';
const read = { auth: 'installation', permission: ['checks', 'read'] } as const;
const write = { auth: 'installation', permission: ['checks', 'write'] } as const;

export const checkRoutes: readonly RestRoute[] = [
  { method: 'POST', path: `${base}/check-runs`, ...write, handle: create },
  { method: 'GET', path: `${base}/check-runs/:id`, ...read, handle: show },
  { method: 'PATCH', path: `${base}/check-runs/:id`, ...write, handle: update },
  { method: 'GET', path: `${base}/commits/:ref/check-runs`, ...read, handle: list },
];

function create(call: RestCall): Answer<RestReply> {
  const repository = repositoryOf(call);
  return repository.ok
    ? told(call, createCheckRun(call.world, repository.value, fieldsIn(call)), 201)
    : repository;
}

function show(call: RestCall): Answer<RestReply> {
  const repository = repositoryOf(call);
  return repository.ok
    ? told(call, findCheckRun(call.world, repository.value, Number(call.params.id)), 200)
    : repository;
}

function update(call: RestCall): Answer<RestReply> {
  const repository = repositoryOf(call);
  if (!repository.ok) return repository;
  return told(
    call,
    updateCheckRun(call.world, repository.value, Number(call.params.id), fieldsIn(call)),
    200,
  );
}

function list(call: RestCall): Answer<RestReply> {
  const { world, params, query } = call;
  const repository = repositoryOf(call);
  if (!repository.ok) return repository;
  const all = checkRunsOf(world, repository.value, params.ref ?? '').filter(
    ({ name, status }) =>
      (query.check_name === undefined || name === query.check_name) &&
      (query.status === undefined || status === query.status),
  );
  const path = `/repos/${params.owner}/${params.repo}/commits/${params.ref}/check-runs`;
  const { items, headers } = page(call, path, all);
  return ok({ total_count: all.length, check_runs: items.map((it) => renderCheckRun(world, it)) }, headers);
}

const told = ({ world }: RestCall, made: Answer<CheckRun>, status: number): Answer<RestReply> =>
  made.ok ? answer({ status, body: renderCheckRun(world, made.value) }) : made;

function fieldsIn({ body }: RestCall): CheckRunFields {
  const output = record(body.output);
  const wanted = {
    name: body.name,
    headSha: body.head_sha,
    externalId: body.external_id,
    status: body.status,
    conclusion: body.conclusion,
    title: output.title,
    summary: output.summary,
  };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => typeof value === 'string'));
}
