// How a REST call is answered: authentication, permission, faults, rate limits, ETags and GitHub's shape of errors. Routes
// say only what they need and what they give.

import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findRepository } from '../accounts.ts';
import { type Answer, answer, notFound, type Refusal, refuse } from '../answer.ts';
import { refusalOf } from '../in-process-calls.ts';
import type { RateState } from '../rate-limits.ts';
import type { RunnerOwner } from '../runners.ts';
import type { Account, Installation, Repository } from '../state.ts';
import type { World } from '../world.ts';
import { verifyJwt } from './jwt.ts';
import { type PersonalToken, tokenSees } from './personal-tokens.ts';
import { bearerOf, type Shell } from './shell.ts';

export interface RestCall {
  world: World;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  body: Readonly<Record<string, unknown>>;
  /** Undefined for calls of the App itself. */
  installation: Installation | undefined;
  /** Whose token it is, for routes of users. */
  user: Account | undefined;
  /** Whose personal access token it is, for routes of readers. */
  person: PersonalToken | undefined;
}

export interface RestReply {
  status: number;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

export interface RestRoute {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the API's root, with parameters as `:name`. */
  path: string;
  /** `reader`: an installation or a personal access token. */
  auth: 'app' | 'installation' | 'user' | 'reader';
  permission?: readonly [name: string, level: 'read' | 'write'];
  handle: (call: RestCall) => Answer<RestReply>;
}

export const apiRoot = '/api/v3';

export function addRestRoutes(server: FastifyInstance, shell: Shell, routes: readonly RestRoute[]): void {
  for (const route of routes) {
    server.route({
      method: route.method,
      url: `${apiRoot}${route.path}`,
      handler: (request, reply) => serve(shell, route, request, reply),
    });
  }
}

async function serve(shell: Shell, route: RestRoute, request: FastifyRequest, reply: FastifyReply) {
  const { world } = shell;
  const fault = world.faults.call(`${route.method} ${route.path}`);
  if (fault.kind === 'delay' || fault.kind === 'timeout') await world.clock.sleep(fault.ms);
  if (fault.kind === 'timeout') return hangUp(request, reply);
  if (fault.kind === 'refused') return fail(reply, refusalOf(fault));
  const caller = authenticate(shell, route, request.headers.authorization);
  if (!caller.ok) return fail(reply, caller);
  const { installation, user, person } = caller.value;
  const someone = user ?? person?.user;
  const credential = installation ? String(installation.id) : someone ? `user ${someone.id}` : 'app';
  const charged = world.limits.charge(credential, route.method);
  reply.headers(rateHeaders(charged.ok ? charged.value : exhausted(world)));
  if (!charged.ok) return fail(reply, charged);
  const result = route.handle({
    world,
    params: textRecord(request.params),
    query: textRecord(request.query),
    body: record(request.body),
    installation,
    user,
    person,
  });
  if (fault.kind === 'lost-answer') {
    if (fault.afterMs !== undefined) await world.clock.sleep(fault.afterMs);
    return hangUp(request, reply);
  }
  if (!result.ok) return fail(reply, result);
  return succeed(world, credential, request, reply, result.value);
}

function hangUp(request: FastifyRequest, reply: FastifyReply) {
  request.raw.socket.destroy();
  return reply.hijack();
}

function succeed(
  world: World,
  credential: string,
  request: FastifyRequest,
  reply: FastifyReply,
  { status, body, headers }: RestReply,
) {
  if (headers) reply.headers(headers);
  if (body === undefined) return reply.code(status).send();
  const text = JSON.stringify(body);
  const etag = `W/"${createHash('sha256').update(text).digest('hex')}"`;
  reply.header('etag', etag).header('cache-control', 'private, max-age=60, s-maxage=60');
  if (request.method === 'GET' && request.headers['if-none-match'] === etag) {
    reply.headers(rateHeaders(world.limits.refund(credential)));
    return reply.code(304).send();
  }
  return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(text);
}

export function fail(reply: FastifyReply, { status, message, errors, retryAfterSeconds }: Refusal) {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  return reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(
      JSON.stringify({
        message,
        ...(errors ? { errors } : {}),
        documentation_url: 'https://docs.github.com/rest',
        status: String(status),
      }),
    );
}

type Caller = Pick<RestCall, 'installation' | 'user' | 'person'>;
const nobody: Caller = { installation: undefined, user: undefined, person: undefined };

function authenticate(shell: Shell, route: RestRoute, header: string | undefined): Answer<Caller> {
  const token = bearerOf(header);
  if (!token) return refuse(401, 'Requires authentication');
  if (route.auth === 'app') {
    const app = authenticateApp(shell, token);
    return app.ok ? answer(nobody) : app;
  }
  const person = shell.personalTokens.look(token);
  if (route.auth === 'user') {
    const user = shell.userTokens.userOf(token) ?? person?.user;
    if (!user) return shell.installationTokens.look(token) ? inaccessible : refuse(401, 'Bad credentials');
    return mayCall(shell, route) ? answer({ ...nobody, user }) : inaccessible;
  }
  if (route.auth === 'reader' && person !== undefined) {
    const lacks = route.permission !== undefined && person.lacks.has(route.permission[0]);
    return lacks
      ? refuse(403, 'Resource not accessible by personal access token')
      : answer({ ...nobody, person });
  }
  const installation = authenticateInstallation(shell, token, route);
  return installation.ok ? answer({ ...nobody, installation: installation.value }) : installation;
}

function authenticateApp(shell: Shell, token: string): Answer<undefined> {
  const { app, clock, beliefs } = shell.world;
  const verified = verifyJwt(token, shell.appKey.publicKey, ['RS256'], 'iat');
  if (!verified.ok) return refuse(401, verified.problem);
  const { iss, exp, iat } = verified.claims;
  const nowSeconds = clock.now() / 1000;
  if (iss !== String(app.id) && iss !== `Iv1.${app.id}`) return refuse(401, 'Integration not found');
  if (exp <= nowSeconds)
    return refuse(401, "'Expiration time' claim ('exp') must be a numeric value in the future");
  if (iat > nowSeconds + 5) return refuse(401, "'Issued at' claim ('iat') must be in the past");
  if (exp - nowSeconds > beliefs.appJwtMaxMs / 1000 + 5) {
    return refuse(401, "'Expiration time' claim ('exp') is too far in the future");
  }
  return answer(undefined);
}

function authenticateInstallation(shell: Shell, token: string, route: RestRoute): Answer<Installation> {
  const installation = shell.installationTokens.look(token);
  if (!installation) return refuse(401, 'Bad credentials');
  if (installation.suspended) return refuse(403, 'This installation has been suspended');
  return mayCall(shell, route) ? answer(installation) : inaccessible;
}

const inaccessible = refuse(403, 'Resource not accessible by integration');

function mayCall({ world }: Shell, { permission }: RestRoute): boolean {
  if (permission === undefined) return true;
  const [name, level] = permission;
  const granted = world.app.permissions[name];
  return granted === 'write' || (granted === 'read' && level === 'read');
}

function rateHeaders({ limit, used, remaining, reset }: RateState): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-used': String(used),
    'x-ratelimit-reset': String(reset),
    'x-ratelimit-resource': 'core',
    'x-github-media-type': 'github.v3; format=json',
  };
}

const exhausted = (world: World): RateState => ({
  limit: world.beliefs.requestsPerHour,
  used: world.beliefs.requestsPerHour,
  remaining: 0,
  reset: Math.ceil(world.clock.now() / 1000) + 3600,
});

/** The organisation of the path, if the installation is the organisation's. */
export function organizationOf({ installation, params }: RestCall): Answer<Account> {
  const account = installation?.account;
  const isIts = account?.kind === 'Organization' && account.login.toLowerCase() === params.org?.toLowerCase();
  return account && isIts ? answer(account) : notFound;
}

/** The repository of the path, if the caller sees it. */
export function repositoryOf(call: RestCall): Answer<Repository> {
  const { world, params } = call;
  const found = findRepository(world, `${params.owner}/${params.repo}`);
  return found !== undefined && mayRead(call, found) ? answer(found) : notFound;
}

export function mayRead({ world, installation, person }: RestCall, repository: Repository): boolean {
  if (person !== undefined) return tokenSees(world, person, repository);
  return (
    repository.owner === installation?.account &&
    (installation.repositories === 'all' || installation.repositories.has(repository.id))
  );
}

/** Whose runners the path is about. */
export function runnerOwnerOf(call: RestCall): Answer<RunnerOwner> {
  if (call.params.org !== undefined) {
    const account = organizationOf(call);
    return account.ok ? answer({ kind: 'organization', account: account.value }) : account;
  }
  const repository = repositoryOf(call);
  return repository.ok ? answer({ kind: 'repository', repository: repository.value }) : repository;
}

/** One page of a list, by `per_page` (30, at most 100) and `page`, with the links that lead to the others. */
export function page<T>(
  { query, world }: RestCall,
  path: string,
  all: readonly T[],
): { items: T[]; headers: Record<string, string> } {
  const perPage = Math.min(100, Math.max(1, Number(query.per_page) || 30));
  const number = Math.max(1, Number(query.page) || 1);
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const others = Object.entries(query).filter(([key]) => key !== 'page');
  const link = (to: number, rel: string): string =>
    `<${world.urls.api}${path}?${new URLSearchParams([...others, ['page', String(to)]])}>; rel="${rel}"`;
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ];
  const items = all.slice((number - 1) * perPage, number * perPage);
  return { items, headers: links.length > 0 ? { link: links.join(', ') } : {} };
}

export const ok = (body: unknown, headers: Readonly<Record<string, string>> = {}): Answer<RestReply> =>
  answer({ status: 200, body, headers });

export const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const textRecord = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(record(value)).map(([key, item]) => [key, String(item)]));
