// Our API: every endpoint of `wire/api/endpoints.ts` becomes a route, its schemas validate the request and strip the answer,
// and the OpenAPI document is made of the same table.

import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { type AccessRefusal, type Caller, nobody, refusalFor } from '../../domain/access/caller.ts';
import type { Log } from '../../ports/log.ts';
import { type ApiAnswer, apiPrefix, type Endpoint, type Problem } from '../../wire/api/endpoint.ts';
import { type ApiHandlers, type EndpointName, endpoints, type RequestOf } from '../../wire/api/endpoints.ts';
import { handleProblems, sendProblem } from './problems.ts';

export interface ApiDeps {
  api: ApiHandlers;
  identify: (credentials: { authorization: string | undefined }) => Promise<Caller | undefined>;
  log: Log;
  options?: { callsPerMinute?: number };
}

const maxBodyBytes = 256 * 1024;
const callsPerMinute = 600;
/** For those who have no token yet: enough for honest hosts, and too few to guess. */
const anonymousCallsPerMinute = 60;

export async function apiRoutes(app: FastifyInstance, deps: ApiDeps): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  handleProblems(app, deps.log);
  app.decorateRequest('caller');
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Bellows', version: '1' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(
    async (api) => {
      await api.register(helmet);
      await api.register(rateLimit, {
        max: deps.options?.callsPerMinute ?? callsPerMinute,
        timeWindow: 60_000,
      });
      for (const name of Object.keys(endpoints) as EndpointName[]) addRoute(api, deps, name);
      api.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
    },
    { prefix: apiPrefix },
  );
}

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller;
  }
}

export const refusals: Readonly<Record<AccessRefusal, Problem>> = {
  'sign-in': {
    status: 401,
    title: 'No or wrong token',
    detail: 'Send a token as "Authorization: Bearer …".',
  },
  'no-account': {
    status: 403,
    title: 'Nothing to see',
    detail: 'You belong to no account that is served here.',
  },
  'not-operator': { status: 403, title: 'For operators', detail: 'Only operators may do this.' },
};

async function callerOf({ headers }: FastifyRequest, { identify }: ApiDeps): Promise<Caller> {
  const { authorization } = headers;
  return (authorization === undefined ? undefined : await identify({ authorization })) ?? nobody;
}

function addRoute<N extends EndpointName>(app: FastifyInstance, deps: ApiDeps, name: N): void {
  const endpoint: Endpoint = endpoints[name];
  const isOpen = endpoint.access === 'anyone';
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    bodyLimit: maxBodyBytes,
    ...(!isOpen ? {} : { config: { rateLimit: { max: anonymousCallsPerMinute } } }),
    schema: {
      operationId: name,
      summary: endpoint.summary,
      params: endpoint.params,
      querystring: endpoint.query,
      ...(endpoint.method === 'POST' ? { body: endpoint.body } : {}),
      response: { 200: endpoint.answer },
      ...(!isOpen ? { security: [{ token: [] }] } : {}),
    },
    onRequest: async (request, reply) => {
      if (isOpen) return;
      request.caller = await callerOf(request, deps);
      const refusal = refusalFor(endpoint.access, request.caller);
      if (refusal === undefined) return;
      if (refusal === 'sign-in') reply.header('www-authenticate', 'Bearer');
      return sendProblem(reply, refusals[refusal]);
    },
    handler: async (request, reply) => {
      // The validator has just made these of the endpoint's schemas.
      const { params, query, body } = request as RequestOf<N>;
      const answer: ApiAnswer<unknown> = await deps.api[name](
        { params, query, body } as RequestOf<N>,
        request.caller ?? nobody,
      );
      return answer.ok ? answer.value : sendProblem(reply, answer.problem);
    },
  });
}
