// Refusals of our API as `application/problem+json` (RFC 9457). What went wrong inside is logged and not told.

import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { GitHubError } from '../../ports/github.ts';
import type { Log } from '../../ports/log.ts';
import { StoreUnavailableError } from '../../ports/store.ts';
import type { Problem } from '../../wire/api/endpoint.ts';

export function handleProblems(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, {
      status: 404,
      title: 'Nothing here',
      detail: `There is no ${request.method} ${request.url}.`,
    }),
  );
  handleErrors(app, log);
}

export function handleErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) log.error('request failed', { route: request.routeOptions.url, error });
    return sendProblem(reply, problem);
  });
}

/** What is told of an error: of one of ours nothing but that it is. */
export function problemOf(error: FastifyError): Problem {
  if (error instanceof StoreUnavailableError) {
    return {
      status: 503,
      title: 'No database',
      detail: 'The database cannot be reached. Try again in a moment.',
    };
  }
  if (error instanceof GitHubError) {
    return {
      status: 503,
      title: 'GitHub cannot be asked',
      detail:
        'GitHub does not answer as it should. Try again in a moment; the log of the control plane tells more.',
    };
  }
  if (error.validation !== undefined) {
    return { status: 400, title: 'Bad request', detail: `${error.message}.` };
  }
  const status = error.statusCode ?? 500;
  if (status === 429) return { status, title: 'Too many requests', detail: 'Try again in a minute.' };
  return status < 500
    ? { status, title: 'Bad request', detail: error.message }
    : {
        status: 500,
        title: 'Our fault',
        detail: 'Something is broken here. The log of the control plane tells what.',
      };
}

/** Passes by the schemas of the route, which are for answers of 200 only. */
export const sendProblem = (reply: FastifyReply, problem: Problem): FastifyReply =>
  reply
    .code(problem.status)
    .type('application/problem+json')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(problem);
