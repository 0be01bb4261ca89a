import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { RawResponse } from '../../ports/http.ts';
import type { Log } from '../../ports/log.ts';
import { v1Prefix } from '../../wire/api-v1/endpoints.ts';

/** A scraper comes a few times a minute; who comes more often guesses tokens. */
const scrapesPerMinute = 120;

export async function metricsRoute(
  app: FastifyInstance,
  deps: { metrics?: (authorization: string | undefined) => Promise<RawResponse>; log: Log },
): Promise<void> {
  const { metrics } = deps;
  if (metrics === undefined) return;
  await app.register(rateLimit, { max: scrapesPerMinute, timeWindow: 60_000 });
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) deps.log.error('metrics request failed', { error });
    return reply
      .code(status)
      .type('text/plain')
      .send(status >= 500 ? 'Our fault.\n' : `${error.message}\n`);
  });
  // Actuated's path for an account's Prometheus too. What it asks for by `match[]` is passed over: it gets all of its own.
  for (const path of ['/metrics', `${v1Prefix}/metrics/federate`])
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      const { status, headers = {}, text } = await metrics(request.headers.authorization);
      return reply.code(status).type('text/plain; charset=utf-8').headers(headers).send(text);
    });
}
