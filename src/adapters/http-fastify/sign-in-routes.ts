// The way of a browser to GitHub and back. Both ends are redirects for people, so they are no endpoints of our API.

import cookie, { type CookieSerializeOptions } from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Log } from '../../ports/log.ts';
import type { Secret } from '../../ports/secret.ts';
import { writeSignIn } from './audited.ts';
import { type GateDeps, sessionCookie } from './gate.ts';
import { handleErrors } from './problems.ts';

export interface SignInRoutesDeps {
  signIn?: {
    leave(next: string | undefined): { location: string; flight: string };
    arrive(
      query: Readonly<Record<'code' | 'state' | 'error' | 'flight', string | undefined>>,
    ): Promise<
      | { ok: true; session: { id: Secret; login: string; expiresAt: number }; next: string }
      | { ok: false; why: string }
    >;
    flightMs: number;
  };
  audit: GateDeps['audit'];
  log: Log;
  options?: { isHttps?: boolean };
}

const callsPerMinute = 60;

export async function signInRoutes(app: FastifyInstance, deps: SignInRoutesDeps): Promise<void> {
  const { signIn, options } = deps;
  if (signIn === undefined) return;
  const isHttps = options?.isHttps ?? false;
  const flightCookie = `${isHttps ? '__Host-' : ''}bellows_sign_in`;
  const shared: CookieSerializeOptions = { httpOnly: true, sameSite: 'lax', secure: isHttps, path: '/' };
  handleErrors(app, deps.log);
  await app.register(helmet);
  await app.register(cookie);
  await app.register(rateLimit, { max: callsPerMinute, timeWindow: 60_000 });
  // Neither an address with a code in it nor a cookie is kept on the way.
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));

  app.get('/sign-in', (request, reply) => {
    const { location, flight } = signIn.leave(textIn(request.query, 'next'));
    reply.setCookie(flightCookie, flight, { ...shared, maxAge: signIn.flightMs / 1000 });
    return reply.redirect(location);
  });
  app.get('/sign-in/callback', async (request, reply) => {
    const arrival = await signIn.arrive({
      code: textIn(request.query, 'code'),
      state: textIn(request.query, 'state'),
      error: textIn(request.query, 'error'),
      flight: request.cookies[flightCookie],
    });
    reply.clearCookie(flightCookie, shared);
    if (!arrival.ok) return plain(reply.code(400), `${arrival.why}\n`);
    const { id, login, expiresAt } = arrival.session;
    await writeSignIn(deps.audit, login, request.ip);
    reply.setCookie(sessionCookie(isHttps), id.reveal(), { ...shared, expires: new Date(expiresAt) });
    return reply.redirect(arrival.next);
  });
}

const plain = (reply: FastifyReply, text: string): FastifyReply =>
  reply.type('text/plain; charset=utf-8').send(text);

/** The first when it was given twice is no better than the second: then none. */
function textIn(query: unknown, name: string): string | undefined {
  const value: unknown =
    typeof query === 'object' && query !== null ? { ...query }[name as never] : undefined;
  return typeof value === 'string' ? value : undefined;
}
