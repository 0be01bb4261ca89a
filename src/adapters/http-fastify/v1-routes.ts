// Actuated's paths, for its client. No cookie is looked at here and no answer is kept by anybody, since the paths that change
// something are GETs, too.

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { type AccessRule, nobody } from '../../domain/access/caller.ts';
import type { Log } from '../../ports/log.ts';
import type { ApiAnswer, Problem } from '../../wire/api/endpoint.ts';
import {
  sshListPath,
  type V1Body,
  type V1Endpoint,
  type V1Handlers,
  type V1Name,
  type V1QueryOf,
  v1Endpoints,
  v1Prefix,
} from '../../wire/api-v1/endpoints.ts';
import type { SshSession } from '../../wire/api-v1/shapes.ts';
import { audited } from './audited.ts';
import { type GateDeps, gateOf } from './gate.ts';
import { problemOf, sendProblem } from './problems.ts';

export interface V1Deps extends GateDeps {
  v1: V1Handlers;
  log: Log;
}

export async function v1Routes(app: FastifyInstance, deps: V1Deps): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) deps.log.error('request failed', { route: request.routeOptions.url, error });
    return refuse(request, reply, problem);
  });
  const gate = await gateOf(app, deps, { refuse, takesCookies: false });
  for (const name of Object.keys(v1Endpoints) as V1Name[]) {
    const { access } = v1Endpoints[name];
    addRoute(app, deps, name, gate(actionOf(name), { access, changesThings: !onlyReads(access) }));
  }
  // Bellows opens no debug sessions, so none is open.
  const sessions: readonly SshSession[] = [];
  const open = gate('v1 sshList', { access: 'anyone', changesThings: false });
  app.get(sshListPath, { schema: { hide: true }, onRequest: open }, async (_request, reply) =>
    reply.send([...sessions]),
  );
}

/** Its name in the book of what was done. */
const actionOf = (name: V1Name): string => `v1 ${name}`;
const onlyReads = (access: AccessRule): boolean => access === 'member';

function addRoute<N extends V1Name>(
  app: FastifyInstance,
  deps: V1Deps,
  name: N,
  onRequest: ReturnType<Awaited<ReturnType<typeof gateOf>>>,
): void {
  const endpoint: V1Endpoint = v1Endpoints[name];
  app.get(`${v1Prefix}${endpoint.path}`, {
    schema: { hide: true, querystring: endpoint.query },
    onRequest,
    handler: async (request, reply) => {
      // The validator has just made it of the endpoint's schema.
      const query = request.query as V1QueryOf<N>;
      const call = (): Promise<ApiAnswer<V1Body>> => deps.v1[name](query, request.caller ?? nobody);
      const answer = await (onlyReads(endpoint.access)
        ? call()
        : audited(deps, request, actionOf(name), call));
      if (!answer.ok) return refuse(request, reply, answer.problem);
      reply.code(endpoint.status);
      const { json, text } = answer.value;
      return text === undefined || (json !== undefined && takesJson(request))
        ? reply.type('application/json; charset=utf-8').send(JSON.stringify(json))
        : reply.type('text/plain; charset=utf-8').send(text);
    },
  });
}

const takesJson = ({ headers }: FastifyRequest): boolean => /\bjson\b/i.test(headers.accept ?? '');

/** The client quotes the body in its error, whatever it is. */
function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  if (takesJson(request)) return sendProblem(reply, problem);
  return reply
    .code(problem.status)
    .type('text/plain; charset=utf-8')
    .serializer((value: unknown) => String(value))
    .send(`${problem.title}: ${problem.detail}`);
}
