// Our API: every endpoint of `wire/api/endpoints.ts` becomes a route, its schemas validate the request and strip the answer,
// and the OpenAPI document is made of the same table.

import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { nobody } from '../../domain/access/caller.ts';
import type { Log } from '../../ports/log.ts';
import { type ApiAnswer, apiPrefix, type Endpoint } from '../../wire/api/endpoint.ts';
import { type ApiHandlers, type EndpointName, endpoints, type RequestOf } from '../../wire/api/endpoints.ts';
import { live } from '../../wire/api/live.ts';
import { audited } from './audited.ts';
import { entityTag, isKnown } from './entity-tag.ts';
import { type GateDeps, type Gated, gateOf } from './gate.ts';
import { type LiveDeps, type LiveSource, liveRoute } from './live-route.ts';
import { type ApiDocument, apiComponents, apiInfo, wholeDocument, withoutNothing } from './openapi.ts';
import { handleProblems, sendProblem } from './problems.ts';
import { referencePage } from './reference-page.ts';

export interface ApiDeps extends GateDeps {
  api: ApiHandlers;
  /** Not served when left out. */
  live?: LiveSource | undefined;
  log: Log;
  options?: NonNullable<GateDeps['options']> & NonNullable<LiveDeps['options']>;
}

const maxBodyBytes = 256 * 1024;

export async function apiRoutes(app: FastifyInstance, deps: ApiDeps): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  handleProblems(app, deps.log);
  app.decorateRequest('caller');
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: apiInfo,
      components: apiComponents,
    },
    transform: (route) => jsonSchemaTransform({ ...route, schema: withoutNothing(route.schema) }),
  });
  await app.register(
    async (api) => {
      // As for the dashboard: a page by HTTP in one's own network would send whoever follows its links to HTTPS.
      await api.register(helmet, {
        contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
      });
      await api.register(cookie);
      const gate = await gateOf(api, deps, {
        refuse: (_request, reply, problem) => sendProblem(reply, problem),
        takesCookies: true,
      });
      for (const name of Object.keys(endpoints) as EndpointName[])
        addRoute(api, deps, name, gate(name, gated(endpoints[name])));
      if (deps.live !== undefined) liveRoute(api, { ...deps, live: deps.live }, gate('live', gated(live)));
      const document = (): ApiDocument => wholeDocument(app.swagger());
      api.get('/openapi.json', { schema: { hide: true } }, document);
      api.get('/docs', { schema: { hide: true } }, (_request, reply) =>
        reply.type('text/html; charset=utf-8').send(referencePage(document())),
      );
    },
    { prefix: apiPrefix },
  );
}

const gated = ({ access, method }: Endpoint): Gated => ({ access, changesThings: method !== 'GET' });

/** Past the schemas of the route, which are for answers of 200 only. */
const notModified = (reply: FastifyReply): FastifyReply => reply.code(304).send();

function addRoute<N extends EndpointName>(
  app: FastifyInstance,
  deps: ApiDeps,
  name: N,
  onRequest: ReturnType<Awaited<ReturnType<typeof gateOf>>>,
): void {
  const endpoint: Endpoint = endpoints[name];
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    bodyLimit: maxBodyBytes,
    schema: {
      operationId: name,
      summary: endpoint.summary,
      params: endpoint.params,
      querystring: endpoint.query,
      ...(endpoint.method === 'POST' ? { body: endpoint.body } : {}),
      response: { 200: endpoint.answer },
      ...(endpoint.access === 'anyone' ? {} : { security: [{ token: [] }] }),
    },
    onRequest,
    handler: async (request, reply) => {
      // The validator has just made these of the endpoint's schemas.
      const { params, query, body } = request as RequestOf<N>;
      const call = (): Promise<ApiAnswer<unknown>> =>
        deps.api[name]({ params, query, body } as RequestOf<N>, request.caller ?? nobody);
      const answer = await (endpoint.method === 'GET' ? call() : audited(deps, request, name, call));
      if (!answer.ok) return sendProblem(reply, answer.problem);
      // A page that shows ages needs the time of an answer, so nothing is kept but by who asks for it by tag.
      reply.header('cache-control', 'no-store');
      if (endpoint.method !== 'GET') return answer.value;
      const tag = entityTag(answer.value);
      reply.header('etag', tag);
      return isKnown(request.headers['if-none-match'], tag) ? notModified(reply) : answer.value;
    },
  });
}
