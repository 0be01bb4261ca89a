// Our API: every endpoint of `wire/api/endpoints.ts` becomes a route, its schemas validate the request and strip the answer,
// and the OpenAPI document is made of the same table.

import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Log } from '../../ports/log.ts';
import { type ApiAnswer, apiPrefix, type Endpoint } from '../../wire/api/endpoint.ts';
import { type ApiHandlers, type EndpointName, endpoints, type RequestOf } from '../../wire/api/endpoints.ts';
import { handleProblems, sendProblem } from './problems.ts';

export interface ApiDeps {
  api: ApiHandlers;
  isAdmin: (authorization: string | undefined) => boolean;
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

function addRoute<N extends EndpointName>(app: FastifyInstance, deps: ApiDeps, name: N): void {
  const endpoint: Endpoint = endpoints[name];
  const isAdminOnly = endpoint.access === 'admin';
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    bodyLimit: maxBodyBytes,
    ...(isAdminOnly ? {} : { config: { rateLimit: { max: anonymousCallsPerMinute } } }),
    schema: {
      operationId: name,
      summary: endpoint.summary,
      params: endpoint.params,
      querystring: endpoint.query,
      ...(endpoint.method === 'POST' ? { body: endpoint.body } : {}),
      response: { 200: endpoint.answer },
      ...(isAdminOnly ? { security: [{ token: [] }] } : {}),
    },
    onRequest: async (request, reply) => {
      if (!isAdminOnly || deps.isAdmin(request.headers.authorization)) return;
      reply.header('www-authenticate', 'Bearer');
      const detail = 'Send the admin token as "Authorization: Bearer …".';
      return sendProblem(reply, { status: 401, title: 'No or wrong token', detail });
    },
    handler: async (request, reply) => {
      // The validator has just made these of the endpoint's schemas.
      const { params, query, body } = request as RequestOf<N>;
      const answer: ApiAnswer<unknown> = await deps.api[name]({ params, query, body } as RequestOf<N>);
      return answer.ok ? answer.value : sendProblem(reply, answer.problem);
    },
  });
}
