// One call to GitHub's REST API: inside the budget, with the right credential, within a time, and with an answer that is
// either parsed or a `GitHubError`. Nothing is tried again here: only effects do that, so octokit's plugins for it stay off.
// Octokit's own errors end here, since they carry the request with its token and its body.

import { Octokit } from '@octokit/core';
import type { InstallationId } from '../../domain/ids.ts';
import type { RateBudget } from '../../domain/repair/allowance.ts';
import { seconds } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { GitHubError } from '../../ports/github.ts';
import { Secret } from '../../ports/secret.ts';
import type { Store } from '../../ports/store.ts';
import { installationToken, refusal } from '../../wire/github-rest.ts';
import { errorOf, retryAtOf } from './classify.ts';
import { appJwt, InstallationTokens } from './credentials.ts';
import { EtagCache } from './etag-cache.ts';
import { type Draw, SharedBudget } from './shared-budget.ts';

export interface GitHubOptions {
  appId: number;
  /** PEM. */
  privateKey: Secret;
  /** `https://api.github.com`, a GitHub Enterprise Server's `…/api/v3`, or a simulator's. */
  apiUrl: string;
  userAgent: string;
  clock: Clock;
  store: Pick<Store, 'transaction'>;
  /** How long one call may take. */
  timeoutMs?: number;
  /** The part of the hourly limit that looks may spend; the rest is left for what cannot wait. */
  lookShare: number;
}

export interface Call {
  /** For errors: completes "GitHub refused to …". */
  operation: string;
  as: 'app' | InstallationId;
  /** `GET /orgs/{org}/…` */
  route: string;
  params: Readonly<Record<string, unknown>>;
  windows?: Draw['windows'];
  /** The part of the hourly limit that this call must leave to others. */
  keep?: number;
  /** Ask whether it has changed since the last time. */
  conditional?: boolean;
  /** The answer is a redirect, which is not followed: where it leads is its `location`. */
  redirected?: true;
}

export interface Parser<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: ParseError };
}
interface ParseError {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}

const bucketOf = (as: Call['as']): string => (as === 'app' ? 'app' : `installation:${as}`);

const defaultTimeoutMs = seconds(15);
const apiVersion = '2022-11-28';

export class Rest {
  readonly #octokit: Octokit;
  readonly #clock: Clock;
  readonly #budget: SharedBudget;
  readonly #jwt: () => Promise<Secret>;
  readonly #tokens: InstallationTokens;
  readonly #etags = new EtagCache();
  readonly #timeoutMs: number;

  constructor(options: GitHubOptions) {
    const silent = (): void => {};
    this.#octokit = new Octokit({
      baseUrl: options.apiUrl.replace(/\/$/, ''),
      userAgent: options.userAgent,
      log: { debug: silent, info: silent, warn: silent, error: silent },
    });
    this.#clock = options.clock;
    this.#budget = new SharedBudget(options.store, options.clock);
    this.#jwt = appJwt(options.appId, options.privateKey);
    this.#tokens = new InstallationTokens(options.clock, (installation) => this.#newToken(installation));
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  }

  budget(installation: InstallationId): Promise<RateBudget | undefined> {
    return this.#budget.left(bucketOf(installation));
  }

  /** @throws GitHubError for every refusal, with its status; for what does not fit `answer`; for no answer in time. */
  async call<T>(call: Call, answer: Parser<T>): Promise<T> {
    return (await this.exchange(call, answer)).value;
  }

  /** As `call`, with the headers of the answer. */
  async exchange<T>(call: Call, answer: Parser<T>): Promise<{ value: T; headers: Headers }> {
    const { data, headers } = await this.#send(call);
    const parsed = answer.safeParse(data);
    if (parsed.success) return { value: parsed.data, headers };
    const issue = parsed.error.issues[0];
    throw new GitHubError(
      `GitHub's answer when asked to ${call.operation} is not as documented: ${issue?.path.join('.')}: ${issue?.message}`,
      { kind: 'unavailable' },
    );
  }

  /** As `send`, for an answer that is a redirect: where it leads. */
  async locate(call: Omit<Call, 'redirected'>): Promise<string> {
    const { location } = (await this.#send({ ...call, redirected: true })).headers;
    if (location !== undefined) return location;
    throw new GitHubError(`GitHub's answer when asked to ${call.operation} leads nowhere`, {
      kind: 'unavailable',
    });
  }

  /** As `call`, for an answer that has no body worth reading. */
  async send(call: Call): Promise<void> {
    await this.#send(call);
  }

  async #send(call: Call): Promise<{ data: unknown; headers: Headers }> {
    const bucket = bucketOf(call.as);
    const { windows, keep } = call;
    await this.#budget.spend(call.operation, {
      bucket,
      ...(windows === undefined ? {} : { windows }),
      ...(keep === undefined ? {} : { keep }),
    });
    const token = call.as === 'app' ? await this.#jwt() : await this.#tokens.get(call.as);
    const key = `${bucket} ${call.route} ${JSON.stringify(call.params)}`;
    const known = call.conditional ? this.#etags.get(key) : undefined;
    const answer = await this.#request(call, token, known?.etag);
    const now = this.#clock.now();
    if (answer.kind === 'nothing') {
      throw new GitHubError(`GitHub did not answer when asked to ${call.operation}`, {
        kind: 'unavailable',
        cause: new Error(answer.why),
      });
    }
    if (answer.status === 304 && known !== undefined) {
      await this.#budget.learn(bucket, answer.headers);
      return { data: known.value, headers: answer.headers };
    }
    if (answer.status < 300 || (call.redirected && answer.status === 302)) {
      await this.#budget.learn(bucket, answer.headers);
      if (call.conditional) this.#etags.set(key, answer.headers.etag, answer.data);
      return { data: answer.data, headers: answer.headers };
    }
    const message = messageIn(answer.data);
    const error = errorOf(call.operation, { ...answer, message }, now);
    const isLimit = error.kind === 'rate-limited';
    await this.#budget.learn(
      bucket,
      answer.headers,
      isLimit ? retryAtOf({ ...answer, message }, now) : undefined,
    );
    if (answer.status === 401 && call.as !== 'app') this.#tokens.drop(call.as, token);
    throw error;
  }

  async #newToken(installation: InstallationId) {
    const call: Call = {
      operation: `get a token for installation ${installation}`,
      as: 'app',
      route: 'POST /app/installations/{installation_id}/access_tokens',
      params: { installation_id: installation },
    };
    try {
      const { token, expires_at } = await this.call(call, installationToken);
      return { token: new Secret(token), expiresAt: expires_at };
    } catch (error) {
      if (!(error instanceof GitHubError) || error.kind !== 'not-found') throw error;
      // Without its status: "the App is not installed" must not pass for "there is no such runner".
      throw new GitHubError(`the App is not installed as ${installation} any more`, { kind: 'forbidden' });
    }
  }

  async #request(
    { route, params, redirected }: Call,
    token: Secret,
    etag: string | undefined,
  ): Promise<Answer> {
    try {
      const response = await this.#octokit.request(route, {
        ...params,
        headers: {
          authorization: `Bearer ${token.reveal()}`,
          'x-github-api-version': apiVersion,
          ...(etag === undefined ? {} : { 'if-none-match': etag }),
        },
        request: {
          signal: AbortSignal.timeout(this.#timeoutMs),
          ...(redirected && { redirect: 'manual' }),
        },
      });
      return {
        kind: 'answer',
        status: response.status,
        data: response.data,
        headers: textOf(response.headers),
      };
    } catch (error) {
      return answerIn(error);
    }
  }
}

type Headers = Readonly<Record<string, string | undefined>>;

type Answer =
  | { kind: 'answer'; status: number; data: unknown; headers: Headers }
  /** The connection failed, or the time was over. */
  | { kind: 'nothing'; why: string };

/** Octokit throws for every status from 300 on, and for no answer at all. */
function answerIn(error: unknown): Answer {
  if (!(error instanceof Error)) throw error;
  const response = 'response' in error ? error.response : undefined;
  if (isRecord(response) && typeof response.status === 'number') {
    const headers = isRecord(response.headers) ? textOf(response.headers) : {};
    return { kind: 'answer', status: response.status, data: response.data, headers };
  }
  return { kind: 'nothing', why: error.message };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const textOf = (headers: object): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value === undefined ? undefined : String(value)]),
  );

const longestMessage = 500;

function messageIn(data: unknown): string {
  const parsed = refusal.safeParse(data);
  if (parsed.success) return parsed.data.message.slice(0, longestMessage);
  return 'without a reason';
}
