// Our API from the other side, made of the same table of endpoints.

import type { Secret } from '../../ports/secret.ts';
import { type ApiAnswer, apiPrefix, type Endpoint, problem, refused } from '../../wire/api/endpoint.ts';
import {
  type AnswerOf,
  type ApiClient,
  ApiUnreachableError,
  type CallOf,
  type EndpointName,
  endpoints,
} from '../../wire/api/endpoints.ts';
import { type LiveClient, type LiveNews, type LiveTopic, live, liveNews } from '../../wire/api/live.ts';

export interface ApiClientOptions {
  /** Of the control plane, such as `http://127.0.0.1:8765`. */
  url: string;
  /** The admin token; asked for at the first call that needs one. */
  token: () => Promise<Secret>;
  timeoutMs?: number;
}

/** A check of GitHub waits for a delivery, and that for GitHub. */
const defaultTimeoutMs = 60_000;
const longestEvent = 64 * 1024;

export class FetchApiClient implements ApiClient, LiveClient {
  readonly #options: ApiClientOptions;
  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  async call<N extends EndpointName>(name: N, call: CallOf<N> = {}): Promise<ApiAnswer<AnswerOf<N>>> {
    const endpoint: Endpoint = endpoints[name];
    const response = await this.#send(endpoint, call);
    const body = await jsonIn(response);
    if (response.ok) {
      const answer = endpoint.answer.safeParse(body);
      if (answer.success) return { ok: true, value: answer.data as AnswerOf<N> };
    } else {
      const told = problem.safeParse(body);
      if (told.success) return { ok: false, problem: told.data };
    }
    const what = `${this.#options.url} answered ${response.status}, and not as a control plane of this version does.`;
    return refused(response.status, 'Not our API', `${what} Is BELLOWS_URL right?`);
  }

  async *changes(topics: readonly LiveTopic[], stopping: AbortSignal): AsyncIterable<LiveNews> {
    const { url, token } = this.#options;
    const target = new URL(`${url}${apiPrefix}${live.path}`);
    target.searchParams.set('topics', topics.join(','));
    const headers = { authorization: `Bearer ${(await token()).reveal()}` };
    try {
      const response = await fetch(target, { headers, signal: stopping });
      if (response.ok && response.body !== null) yield* newsIn(response.body);
      else await response.body?.cancel();
    } catch (cause) {
      if (!stopping.aborted) throw new ApiUnreachableError(url, cause);
    }
  }

  async #send(endpoint: Endpoint, { params, query, body }: CallOf<EndpointName>): Promise<Response> {
    const { url, token, timeoutMs = defaultTimeoutMs } = this.#options;
    const values: Record<string, unknown> = { ...params };
    const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) =>
      encodeURIComponent(String(values[name])),
    );
    const target = new URL(`${url}${apiPrefix}${path}`);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = {};
    if (endpoint.access !== 'anyone') headers.authorization = `Bearer ${(await token()).reveal()}`;
    if (body !== undefined && body !== null) headers['content-type'] = 'application/json';
    try {
      return await fetch(target, {
        method: endpoint.method,
        headers,
        ...(headers['content-type'] === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (cause) {
      throw new ApiUnreachableError(url, cause);
    }
  }
}

/** Server-sent events without what we do not use: their data is one line. */
async function* newsIn(body: ReadableStream<Uint8Array>): AsyncIterable<LiveNews> {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) yield liveNews.parse(JSON.parse(data));
    }
    if (text.length > longestEvent) throw new Error('an event of the stream is too long');
  }
}

async function jsonIn(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    // A proxy's page for people, or a connection cut short: told as an answer that is not ours.
    return undefined;
  }
}
