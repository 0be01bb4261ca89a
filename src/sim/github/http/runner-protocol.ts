// What a runner calls with its own token: the token exchange, the broker's session and messages, and the run service's
// offer of a job (actions/runner: BrokerHttpClient.cs, RunServiceHttpClient.cs, VssOAuthTokenProvider).

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { after, toIso } from '../../../domain/time.ts';
import { runnerOfClient } from '../jit-config.ts';
import { acquireJob, completeJob, jobByToken, renewJob } from '../job-calls.ts';
import { jobMessage, jobOffer } from '../job-message.ts';
import { closeSession, openSession, poll, putBack } from '../sessions.ts';
import type { BrokerMessage, Runner } from '../state.ts';
import type { World } from '../world.ts';
import { issuerOf, verifyJwt } from './jwt.ts';
import { record } from './rest.ts';
import { conclusionOf, outputsOf, stepsOf } from './results-format.ts';
import { bearerOf, type Shell } from './shell.ts';

const tokenLifetimeMs = 50 * 60_000;
const assertionLimitSeconds = 300;

export function addRunnerProtocol(server: FastifyInstance, shell: Shell): void {
  server.post('/token', (request, reply) => exchangeToken(shell, request, reply));
  server.post('/broker/session', (request, reply) => startSession(shell, request, reply));
  server.delete('/broker/session', (request, reply) => endSession(shell, request, reply));
  server.get('/broker/message', (request, reply) => nextMessage(shell, request, reply));
  server.post('/broker/acknowledge', (request, reply) => acknowledge(shell, request, reply));
  server.post('/run/1/acquirejob', (request, reply) => acquire(shell, request, reply));
  server.post('/run/1/renewjob', (request, reply) => renew(shell, request, reply));
  server.post('/run/1/completejob', (request, reply) => complete(shell, request, reply));
}

function exchangeToken(shell: Shell, request: FastifyRequest, reply: FastifyReply) {
  const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
  const assertion = form.get('client_assertion') ?? '';
  const refuse = (description: string) =>
    reply.code(400).send({ error: 'invalid_client', error_description: description });
  const runner = runnerOfClient(shell.world, issuerOf(assertion));
  if (!runner) return refuse('The registration of this client is not known.');
  const verified = verifyJwt(assertion, shell.runnerKey.publicKey, ['RS256', 'PS256'], 'nbf');
  if (!verified.ok) return refuse(verified.problem);
  const { exp, iat } = verified.claims;
  const now = shell.world.clock.now();
  if (exp - iat > assertionLimitSeconds) return refuse('Bearer token lifetime is greater than 300 seconds.');
  if (exp * 1000 < now || iat * 1000 > now + assertionLimitSeconds * 1000) {
    return refuse(`The token is not valid at this time. Current server time is ${toIso(now)}.`);
  }
  const { token } = shell.runnerTokens.issue('', runner, tokenLifetimeMs);
  // The real token is a JWT, and there are clients that look into it.
  const shaped = `${base64url({ typ: 'JWT', alg: 'RS256' })}.${base64url({ sub: runner.clientId })}.${token}`;
  return reply.send({ access_token: shaped, token_type: 'bearer', expires_in: tokenLifetimeMs / 1000 });
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function callerOf(shell: Shell, request: FastifyRequest): Runner | undefined {
  return shell.runnerTokens.look(bearerOf(request.headers.authorization)?.split('.')[2] ?? '');
}

const unauthorized = (reply: FastifyReply) => reply.code(401).send({ message: 'Unauthorized' });

function brokerError(reply: FastifyReply, statusCode: number, errorKind: string, errorMessage: string) {
  return reply
    .code(statusCode)
    .send({ source: 'actions-broker-listener', errorKind, statusCode, errorMessage });
}

function startSession(shell: Shell, request: FastifyRequest, reply: FastifyReply) {
  const runner = callerOf(shell, request);
  if (!runner) return unauthorized(reply);
  const agent = record(record(request.body).agent);
  const hello = { os: osOf(String(agent.osDescription ?? '')), version: String(agent.version ?? '') };
  const opened = openSession(shell.world, runner, hello);
  if (!opened.ok) return reply.code(opened.status).send({ message: opened.message });
  const ownerName = String(record(request.body).ownerName ?? '');
  return reply
    .code(201)
    .send({ sessionId: opened.value.id, ownerName, assignmentQueued: false, orchestrationId: '' });
}

const osOf = (description: string): string => (/windows/i.test(description) ? 'Windows' : 'Linux');

/** One runner has one session, so its own token says which; another runner sends the id as well. */
function endSession(shell: Shell, request: FastifyRequest, reply: FastifyReply) {
  const runner = callerOf(shell, request);
  if (!runner) return unauthorized(reply);
  if (runner.session) closeSession(shell.world, runner.session.id);
  return reply.code(204).send();
}

async function nextMessage(shell: Shell, request: FastifyRequest, reply: FastifyReply) {
  const { world } = shell;
  const runner = callerOf(shell, request);
  if (!runner) return unauthorized(reply);
  const { sessionId, status } = record(request.query);
  const id = String(sessionId ?? '');
  if (runner.removed && !runner.job) return brokerError(reply, 404, 'RunnerNotFound', 'Runner not found');
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const polled = await poll(world, id, status === 'Busy' ? 'Busy' : 'Online', gone.signal);
  if (polled.kind === 'runner-gone') return brokerError(reply, 404, 'RunnerNotFound', 'Runner not found');
  if (polled.kind === 'no-session') {
    return brokerError(reply, 400, 'RunnerSessionInvalid', 'The session is not known');
  }
  if (polled.kind === 'nothing') return reply.code(202).send();
  // A message is consumed by being returned: what the socket did not take belongs to the next poll.
  const { message } = polled;
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) putBack(world, id, message);
  });
  if (gone.signal.aborted) {
    putBack(world, id, message);
    return reply.hijack();
  }
  return reply.code(200).send(renderMessage(world, message));
}

function renderMessage(world: World, message: BrokerMessage) {
  const [messageType, body] =
    message.kind === 'job'
      ? ['RunnerJobRequest', jobOffer(world, message.job)]
      : ['JobCancellation', { jobId: message.job.guid, timeout: timeSpan(message.timeoutMs) }];
  return { messageId: message.id, messageType, body: JSON.stringify(body) };
}

/** As .NET writes a TimeSpan below a day: `00:05:00`. */
function timeSpan(ms: number): string {
  const total = Math.round(ms / 1000);
  return [total / 3600, (total / 60) % 60, total % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':');
}

function acknowledge(shell: Shell, request: FastifyRequest, reply: FastifyReply) {
  const runner = callerOf(shell, request);
  if (!runner) return unauthorized(reply);
  const { runnerRequestId } = record(request.body);
  if (runner.job?.requestId !== runnerRequestId) {
    return brokerError(reply, 404, 'AcknowledgeJobNotFound', 'The job is not assigned to this runner');
  }
  return reply.code(200).send({});
}

function runServiceError(reply: FastifyReply, statusCode: number, errorMessage: string) {
  return reply.code(statusCode).send({ source: 'actions-run-service', statusCode, errorMessage });
}

function acquire(shell: Shell, request: FastifyRequest, reply: FastifyReply) {
  const runner = callerOf(shell, request);
  if (!runner) return unauthorized(reply);
  const { jobMessageId } = record(request.body);
  const acquired = acquireJob(shell.world, runner, String(jobMessageId ?? ''));
  if (!acquired.ok) return runServiceError(reply, acquired.status, acquired.message);
  return reply.send(jobMessage(shell.world, acquired.value));
}

/** Go's runner renews with the runner's token at first, so either is taken; the ids say which job. */
const holdsAToken = (shell: Shell, request: FastifyRequest): boolean =>
  callerOf(shell, request) !== undefined ||
  jobByToken(shell.world, bearerOf(request.headers.authorization) ?? '') !== undefined;

function renew(shell: Shell, request: FastifyRequest, reply: FastifyReply) {
  if (!holdsAToken(shell, request)) return unauthorized(reply);
  const { planId, jobId } = record(request.body);
  const renewed = renewJob(shell.world, String(planId), String(jobId));
  if (!renewed.ok) return runServiceError(reply, renewed.status, renewed.message);
  const until = renewed.value.lockedUntil ?? after(shell.world.clock.now(), 0);
  return reply.send({ lockedUntil: toIso(until) });
}

function complete(shell: Shell, request: FastifyRequest, reply: FastifyReply) {
  if (!holdsAToken(shell, request)) return unauthorized(reply);
  const body = record(request.body);
  const steps = stepsOf(body.stepResults);
  const completed = completeJob(shell.world, {
    planId: String(body.planId),
    guid: String(body.jobId),
    conclusion: conclusionOf(body.conclusion),
    outputs: outputsOf(body.outputs),
    ...(steps.length > 0 ? { steps } : {}),
    annotations: annotationsOf(body.annotations),
  });
  if (!completed.ok) return runServiceError(reply, completed.status, completed.message);
  return reply.code(204).send();
}

const annotationsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : []).map((item) => String(record(item).message ?? ''));
