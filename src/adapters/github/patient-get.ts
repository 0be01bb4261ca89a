// Reading from GitHub's REST API with one person's token: one call at a time, as GitHub asks of those that read much (GitHub
// docs, "Best practices for using the REST API"). What is only for now (a limit, a broken connection, a 5xx) is waited for,
// after the caller was asked; everything else is the caller's.

import { between, type DurationMs, type Instant, instantOf, minutes, seconds } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { GitHubError } from '../../ports/github.ts';
import type { MayWait } from '../../ports/github-history.ts';
import type { Secret } from '../../ports/secret.ts';
import { refusal } from '../../wire/github-rest.ts';
import { errorOf } from './classify.ts';
import type { Parser } from './rest.ts';

export interface PatientOptions {
  /** `https://api.github.com`, or a GitHub Enterprise Server's `…/api/v3`. */
  apiUrl: string;
  token: Secret;
  userAgent: string;
  clock: Clock;
  mayWait: MayWait;
  /** How long one call may take. */
  timeoutMs?: number;
}

export interface Question {
  /** For errors: completes "GitHub refused to …". */
  operation: string;
  /** Below the API's root, with its query. */
  path: string;
}

const apiVersion = '2022-11-28';
const defaultTimeoutMs = seconds(30);
/** A secondary limit without a time is waited for longer each time (GitHub docs, "Rate limits for the REST API"). */
const secondaryPauseMs = minutes(1);
const mostLimits = 8;
const brokenPauses: readonly DurationMs[] = [seconds(2), seconds(10), seconds(30)];

type Told = { kind: 'told'; value: unknown; headers: Headers };
type Refused = { kind: 'refused'; error: GitHubError; headers?: Headers };

export class PatientGet {
  readonly #options: PatientOptions;
  /** The hourly limit is used up until then. */
  #closedUntil: Instant | undefined;

  constructor(options: PatientOptions) {
    this.#options = options;
  }

  /** @throws GitHubError as the port says; one of kind `invalid` for an answer that does not fit. */
  async get<T>(question: Question, parser: Parser<T>): Promise<{ value: T; headers: Headers }> {
    const { value, headers } = await this.#untilTold(question);
    const parsed = parser.safeParse(value);
    if (parsed.success) return { value: parsed.data, headers };
    const issue = parsed.error.issues[0];
    throw new GitHubError(
      `GitHub's answer when asked to ${question.operation} is not as documented: ${issue?.path.join('.')}: ${issue?.message}`,
      { kind: 'invalid' },
    );
  }

  async #untilTold(question: Question): Promise<Told> {
    let [limits, breaks] = [0, 0];
    for (;;) {
      await this.#untilOpen(question);
      const told = await this.#once(question);
      if (told.kind === 'told') return told;
      const { error, headers } = told;
      const isLimit = error.kind === 'rate-limited';
      if (!isLimit && error.kind !== 'unavailable') throw error;
      const pause = isLimit ? this.#limitPause(error, headers, limits++) : brokenPauses[breaks++];
      if (pause === undefined || limits > mostLimits) throw error;
      const why = isLimit ? limitWords(headers) : `${error.message}: asking again`;
      await this.#wait(pause, why, error);
    }
  }

  async #untilOpen({ operation }: Question): Promise<void> {
    if (this.#closedUntil === undefined) return;
    const left = between(this.#options.clock.now(), this.#closedUntil);
    const error = new GitHubError(`the hourly limit of this token is used up: could not ${operation}`, {
      kind: 'rate-limited',
      retryAt: this.#closedUntil,
    });
    if (left > 0) await this.#wait(left, primaryWords, error);
    this.#closedUntil = undefined;
  }

  async #wait(ms: DurationMs, why: string, error: GitHubError): Promise<void> {
    if (!(await this.#options.mayWait(ms, why))) throw error;
  }

  #limitPause({ retryAt }: GitHubError, headers: Headers | undefined, earlier: number): DurationMs {
    const isNamed = headers?.has('retry-after') || isUsedUp(headers);
    // GitHub's clock and ours differ by some seconds.
    if (isNamed && retryAt !== undefined) return between(this.#options.clock.now(), retryAt) + seconds(2);
    return secondaryPauseMs * 2 ** earlier;
  }

  async #once({ operation, path }: Question): Promise<Told | Refused> {
    const { apiUrl, token, userAgent, clock, timeoutMs = defaultTimeoutMs } = this.#options;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${apiUrl.replace(/\/$/, '')}${path}`, {
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${token.reveal()}`,
          'user-agent': userAgent,
          'x-github-api-version': apiVersion,
        },
        signal: AbortSignal.timeout(timeoutMs),
      });
      text = await response.text();
    } catch (cause) {
      return {
        kind: 'refused',
        error: new GitHubError(`cannot reach GitHub to ${operation}`, { kind: 'unavailable', cause }),
      };
    }
    const { status, headers } = response;
    const value = jsonIn(text);
    if (status < 300 && value !== undefined) {
      if (isUsedUp(headers)) this.#closedUntil = resetIn(headers);
      return { kind: 'told', value, headers };
    }
    if (status < 300) {
      return {
        kind: 'refused',
        error: new GitHubError(`GitHub's answer to ${operation} was cut off`, { kind: 'unavailable' }),
      };
    }
    const parsed = refusal.safeParse(value);
    const message = parsed.success ? parsed.data.message.slice(0, 300) : 'without a reason';
    return {
      kind: 'refused',
      error: errorOf(operation, { status, message, headers: Object.fromEntries(headers) }, clock.now()),
      headers,
    };
  }
}

const primaryWords = 'the hourly limit of this token is used up';
const limitWords = (headers: Headers | undefined): string =>
  isUsedUp(headers) ? primaryWords : 'GitHub asks to slow down (its secondary limit)';

const isUsedUp = (headers: Headers | undefined): boolean => headers?.get('x-ratelimit-remaining') === '0';

function resetIn(headers: Headers): Instant | undefined {
  const reset = Number(headers.get('x-ratelimit-reset'));
  return reset > 0 ? instantOf(seconds(reset + 2)) : undefined;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page for people, or a body that was cut: told by the status, or as cut off.
    return undefined;
  }
}
