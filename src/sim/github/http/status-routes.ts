// The status page, at the path that it has at its own address. No token is asked, and no limit of the API's counts there.

import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { summaryPath } from '../../../wire/github-status.ts';
import type { SimGithub } from '../sim-github.ts';

export function addStatusRoutes(server: FastifyInstance, github: SimGithub): void {
  server.get(summaryPath, (request, reply) => {
    const { status, text } = github.statusPage.answer();
    const etag = `W/"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`;
    reply.header('etag', etag).header('cache-control', 'max-age=0, private, must-revalidate');
    if (status === 200 && request.headers['if-none-match'] === etag) return reply.code(304).send();
    return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(text);
  });
}
