// Our API from the browser, made of the same table of endpoints as the server and the command line.

import { apiPrefix, type Endpoint, type Problem, problem } from '../../src/wire/api/endpoint.ts';
import { type AnswerOf, type CallOf, type EndpointName, endpoints } from '../../src/wire/api/endpoints.ts';
import { credentials } from './sign-in.ts';

/** What the control plane refused, in its own words. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly problem: Problem;
  constructor(told: Problem) {
    super(told.detail);
    this.problem = told;
  }
}

/** @throws RefusedError; also when nobody answers, with status 0. */
export async function call<N extends EndpointName>(
  name: N,
  request: CallOf<N> = {},
  signal?: AbortSignal,
): Promise<AnswerOf<N>> {
  const endpoint: Endpoint = endpoints[name];
  const response = await send(endpoint, request, signal);
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) {
    const answer = endpoint.answer.safeParse(body);
    if (answer.success) return answer.data as AnswerOf<N>;
    throw new RefusedError({
      status: response.status,
      title: 'Another version',
      detail: 'The control plane answered as this page does not expect. Reload it.',
    });
  }
  if (response.status === 401) credentials.refuse();
  const told = problem.safeParse(body);
  throw new RefusedError(told.success ? told.data : notOurs(response.status));
}

const notOurs = (status: number): Problem => ({
  status,
  title: `Answered ${status}`,
  detail: 'Something between this page and the control plane answered in its place.',
});

async function send(
  endpoint: Endpoint,
  { params, query, body }: CallOf<EndpointName>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', ...credentials.headers(endpoint) };
  if (body !== undefined && body !== null) headers['content-type'] = 'application/json';
  try {
    return await fetch(addressOf(endpoint, params, query), {
      method: endpoint.method,
      headers,
      ...(headers['content-type'] === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new RefusedError({
      status: 0,
      title: 'Nobody answers',
      detail: 'The control plane cannot be reached. This page tries again by itself.',
    });
  }
}

function addressOf(endpoint: Endpoint, params: unknown, query: unknown): string {
  const values: Record<string, unknown> = { ...(params as object | undefined) };
  const path = endpoint.path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(values[key])));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries((query ?? {}) as object)) {
    if (value !== undefined && value !== '') search.set(key, String(value));
  }
  return `${apiPrefix}${path}${search.size === 0 ? '' : `?${search}`}`;
}
