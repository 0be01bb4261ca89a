// The gate before every endpoint of our API: who calls, whether they may, and whether they call too often. Those who are known
// are counted by who they are, so that people behind one address do not share a limit; guesses are counted by address.

import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type AccessRefusal,
  type AccessRule,
  type Caller,
  nobody,
  refusalFor,
} from '../../domain/access/caller.ts';
import type { Problem } from '../../wire/api/endpoint.ts';

/** What a request carries to say who calls. */
export interface ShownCredentials {
  authorization: string | undefined;
  cookie?: { session: string; csrfToken: string | undefined; changesThings: boolean };
}

export interface GateDeps {
  /** Undefined when the credentials are no good. Not asked about requests without any. */
  identify: (shown: ShownCredentials) => Promise<Caller | 'no-csrf-token' | undefined>;
  /** Every call that changes something is begun before it runs. */
  audit: {
    begin(call: {
      by: string;
      from: string;
      action: string;
      asked: { params: unknown; query: unknown; body: unknown };
    }): Promise<number>;
    finish(number: number, status: number): Promise<void>;
  };
  options?: {
    /** Calls that one caller may make in a minute. */
    callsPerMinute?: number;
    /** Whether browsers reach us by HTTPS only. */
    isHttps?: boolean;
  };
}

const callsPerMinute = 600;
/** For those who have no token yet: enough for honest hosts, and too few to guess. */
const anonymousCallsPerMinute = 60;
const minuteMs = 60_000;

/** `__Host-`: the browser takes it from nobody but us, and over HTTPS only. */
export const sessionCookie = (isHttps: boolean): string => `${isHttps ? '__Host-' : ''}bellows_session`;

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller;
  }
}

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

export interface Gated {
  access: AccessRule;
  /** Then also the calls of those who may not are written down. */
  changesThings: boolean;
}

/** What a gate is before. */
export interface Surface {
  /** Refuses as those expect it who call here. */
  refuse: (request: FastifyRequest, reply: FastifyReply, problem: Problem) => FastifyReply;
  takesCookies: boolean;
}

/** Gives the hook of each endpoint. */
export async function gateOf(
  api: FastifyInstance,
  deps: GateDeps,
  { refuse, takesCookies }: Surface,
): Promise<(name: string, endpoint: Gated) => Hook> {
  await api.register(rateLimit, { global: false });
  const limiter = (max: number, keyGenerator: (request: FastifyRequest) => string) => {
    const count = api.createRateLimit({ max, timeWindow: minuteMs, keyGenerator });
    return async (request: FastifyRequest, reply: FastifyReply): Promise<Problem | undefined> => {
      const state = await count(request);
      if (state.isAllowed || !state.isExceeded) return undefined;
      reply.header('retry-after', String(state.ttlInSeconds));
      return tooMany;
    };
  };
  const perCaller = limiter(deps.options?.callsPerMinute ?? callsPerMinute, ({ caller, ip }) =>
    caller === undefined ? ip : caller.key,
  );
  const guesses = limiter(anonymousCallsPerMinute, ({ ip }) => ip);
  return (name, endpoint) => {
    if (endpoint.access === 'anyone') {
      const anonymous = limiter(anonymousCallsPerMinute, ({ ip }) => ip);
      return async (request, reply) => {
        const problem = await anonymous(request, reply);
        return problem && refuse(request, reply, problem);
      };
    }
    return async (request, reply) => {
      const caller = await callerOf(request, deps, takesCookies);
      const refusal = caller === 'no-csrf-token' ? caller : refusalFor(endpoint.access, caller);
      if (refusal === 'sign-in' || refusal === 'no-csrf-token') {
        if (refusal === 'sign-in') reply.header('www-authenticate', 'Bearer');
        return refuse(request, reply, (await guesses(request, reply)) ?? refusals[refusal]);
      }
      if (caller === 'no-csrf-token') throw new Error('bug: no caller was let pass');
      request.caller = caller;
      const problem = await perCaller(request, reply);
      if (problem !== undefined) return refuse(request, reply, problem);
      if (refusal === undefined) return undefined;
      if (endpoint.changesThings) await writeRefused(request, caller, name, deps);
      return refuse(request, reply, refusals[refusal]);
    };
  };
}

async function writeRefused(
  { ip, params, query }: FastifyRequest,
  { name: by }: Caller,
  action: string,
  { audit }: GateDeps,
): Promise<void> {
  // Its body is not read.
  const asked = { params, query, body: undefined };
  await audit.finish(await audit.begin({ by, from: ip, action, asked }), 403);
}

async function callerOf(
  { headers, cookies, method }: FastifyRequest,
  { identify, options }: GateDeps,
  takesCookies: boolean,
): Promise<Caller | 'no-csrf-token'> {
  const { authorization } = headers;
  const session = takesCookies ? cookies[sessionCookie(options?.isHttps ?? false)] : undefined;
  if (authorization === undefined && session === undefined) return nobody;
  const csrf = headers['x-csrf-token'];
  const cookie = session !== undefined && {
    cookie: {
      session,
      csrfToken: typeof csrf === 'string' ? csrf : undefined,
      changesThings: method !== 'GET' && method !== 'HEAD',
    },
  };
  return (await identify({ authorization, ...cookie })) ?? nobody;
}

const tooMany: Problem = { status: 429, title: 'Too many requests', detail: 'Try again in a minute.' };

const refusals: Readonly<Record<AccessRefusal | 'no-csrf-token', Problem>> = {
  'sign-in': {
    status: 401,
    title: 'No or wrong token',
    detail: 'Send a token as "Authorization: Bearer …".',
  },
  'no-csrf-token': {
    status: 403,
    title: 'No CSRF token',
    detail: 'With a cookie, send what `/me` tells as `csrfToken` in the header X-CSRF-Token.',
  },
  'no-account': {
    status: 403,
    title: 'Nothing to see',
    detail: 'You belong to no account that is served here.',
  },
  'not-operator': { status: 403, title: 'For operators', detail: 'Only operators may do this.' },
};
