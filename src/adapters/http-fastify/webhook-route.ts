// The webhook stands apart from the API: its body stays bytes, it has a cap of its own, and neither rate limits nor further
// headers, since GitHub sends bursts and every delivery that we turn away is lost until somebody fetches it.

import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RawRequest, RawResponse } from '../../ports/http.ts';
import type { Log } from '../../ports/log.ts';
import { webhookPath } from '../../wire/github-webhook.ts';
import { flatHeaders } from './headers.ts';
import { rawBody } from './raw-body.ts';

/** GitHub delivers nothing larger than 25 MB. */
const maxBodyBytes = 25 * 1024 * 1024;

export async function webhookRoute(
  app: FastifyInstance,
  deps: { webhook: (request: RawRequest) => Promise<RawResponse>; log: Log },
): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, payload: Readable) =>
    rawBody(request, payload, maxBodyBytes),
  );
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) deps.log.error('webhook request failed', { error });
    return send(reply, {
      status,
      text: status >= 500 ? 'This is a fault of ours: deliver again.' : error.message,
    });
  });
  app.post(webhookPath, async (request, reply) => {
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
    return send(reply, await deps.webhook({ headers: flatHeaders(request.headers), body }));
  });
}

const send = (reply: FastifyReply, response: RawResponse): FastifyReply =>
  reply
    .code(response.status)
    .headers(response.headers ?? {})
    .type('text/plain; charset=utf-8')
    .send(`${response.text}\n`);
