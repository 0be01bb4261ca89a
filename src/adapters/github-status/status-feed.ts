// GitHub's status page over HTTP. What comes from there is bounded in time and size, and asked for with the entity tag of the
// last answer where the page gives one.

import type { StatusReading } from '../../domain/github-status/feed-state.ts';
import type { StatusPage } from '../../domain/github-status/page.ts';
import { type DurationMs, seconds } from '../../domain/time.ts';
import type { GitHubStatusFeed } from '../../ports/github-status.ts';
import { statusPageIn, summaryPath } from '../../wire/github-status.ts';

export interface StatusFeedOptions {
  /** Of the page, without a last slash: `https://www.githubstatus.com`. */
  url: string;
  userAgent: string;
  timeoutMs?: DurationMs;
  maxBytes?: number;
}

/** GitHub's is about 10 kB on a good day. */
const defaultMaxBytes = 1024 * 1024;

export class StatusFeed implements GitHubStatusFeed {
  readonly #options: StatusFeedOptions;
  #last: { etag: string; page: StatusPage } | undefined;

  constructor(options: StatusFeedOptions) {
    this.#options = options;
  }

  async read(): Promise<StatusReading> {
    const { url, userAgent, timeoutMs = seconds(10) } = this.#options;
    const last = this.#last;
    try {
      const response = await fetch(`${url}${summaryPath}`, {
        headers: {
          accept: 'application/json',
          'user-agent': userAgent,
          ...(last !== undefined && { 'if-none-match': last.etag }),
        },
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (response.status === 304 && last !== undefined) {
        await response.body?.cancel();
        return { kind: 'page', page: last.page };
      }
      return await this.#understood(response);
    } catch (error) {
      return unreachable(reasonOf(error));
    }
  }

  async #understood(response: Response): Promise<StatusReading> {
    if (response.status !== 200) {
      await response.body?.cancel();
      return unreachable(`it answered ${response.status}`);
    }
    const text = await textOf(response, this.#options.maxBytes ?? defaultMaxBytes);
    if (text === undefined) return unreachable('its answer is too long');
    const page = statusPageIn(jsonIn(text));
    if (page === undefined) return unreachable('its answer is not understood');
    const etag = response.headers.get('etag');
    this.#last = etag === null ? undefined : { etag, page };
    return { kind: 'page', page };
  }
}

const unreachable = (why: string): StatusReading => ({ kind: 'unreachable', why });

/** Undefined when it is longer than that; no more is read then. */
async function textOf(response: Response, maxBytes: number): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    // Leaving the loop ends the connection.
    if (size > maxBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Undefined for what is no JSON, which no summary is. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The words of fetch's errors name addresses of proxies and resolvers: only the code is told. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return 'it did not answer in time';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code).slice(0, 40) : error.name;
}
