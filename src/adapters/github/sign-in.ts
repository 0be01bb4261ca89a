// Signing in with GitHub: GitHub docs, "Generating a user access token for a GitHub App". What a person's token may see is
// counted by GitHub for that person, so our installations' budget is not touched.

import { after, seconds } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { GitHubError } from '../../ports/github.ts';
import type {
  DevicePoll,
  DeviceStart,
  GitHubSignIn,
  Identity,
  UserToken,
} from '../../ports/github-sign-in.ts';
import { Secret } from '../../ports/secret.ts';
import { deviceAnswer, memberships, teams, tokenAnswer, user } from '../../wire/github-sign-in.ts';
import { errorOf } from './classify.ts';
import type { Parser } from './rest.ts';

export interface SignInOptions {
  clientId: string;
  clientSecret: Secret;
  /** `https://api.github.com`, or a GitHub Enterprise Server's `…/api/v3`. */
  apiUrl: string;
  userAgent: string;
  clock: Clock;
  timeoutMs?: number;
}

const defaultTimeoutMs = seconds(15);
const perPage = 100;
/** More organisations or teams than anybody has; a list that does not end is broken. */
const mostPages = 50;

/** Where people sign in, for a REST API at `apiUrl`. */
export const siteOf = (apiUrl: string): string =>
  apiUrl === 'https://api.github.com' ? 'https://github.com' : apiUrl.replace(/\/api\/v3\/?$/, '');

export class GitHubSignInClient implements GitHubSignIn {
  readonly #options: SignInOptions;
  readonly #site: string;
  constructor(options: SignInOptions) {
    this.#options = options;
    this.#site = siteOf(options.apiUrl);
  }

  authorizeUrl({ state, challenge, redirectUri }: Parameters<GitHubSignIn['authorizeUrl']>[0]): string {
    const query = new URLSearchParams({
      client_id: this.#options.clientId,
      redirect_uri: redirectUri,
      state,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    return `${this.#site}/login/oauth/authorize?${query}`;
  }

  async redeem({ code, verifier, redirectUri }: Parameters<GitHubSignIn['redeem']>[0]) {
    const form = { code: code.reveal(), code_verifier: verifier, redirect_uri: redirectUri };
    const answer = await this.#askForToken('take a sign-in', { ...form, ...this.#secret() });
    return 'error' in answer ? this.#unlessOurs(answer.error) : this.#tokenOf(answer);
  }

  async renew(refresh: Secret): Promise<UserToken | undefined> {
    const form = { grant_type: 'refresh_token', refresh_token: refresh.reveal() };
    const answer = await this.#askForToken('renew a token', { ...form, ...this.#secret() });
    return 'error' in answer ? this.#unlessOurs(answer.error) : this.#tokenOf(answer);
  }

  async startDevice(): Promise<DeviceStart> {
    const told = await this.#post('start a sign-in', '/login/device/code', {}, deviceAnswer);
    return {
      deviceCode: new Secret(told.device_code),
      userCode: told.user_code,
      verificationUrl: told.verification_uri,
      intervalSeconds: told.interval,
      expiresInSeconds: told.expires_in,
    };
  }

  async pollDevice(deviceCode: Secret): Promise<DevicePoll> {
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const answer = await this.#askForToken('say whether somebody has signed in', {
      grant_type,
      device_code: deviceCode.reveal(),
    });
    if (!('error' in answer)) return { kind: 'token', token: this.#tokenOf(answer) };
    switch (answer.error) {
      case 'authorization_pending':
      case 'slow_down':
        return { kind: 'pending', intervalSeconds: answer.interval };
      case 'access_denied':
        return { kind: 'over', why: 'denied' };
      case 'expired_token':
        return { kind: 'over', why: 'expired' };
      case 'incorrect_device_code':
        return { kind: 'over', why: 'unknown' };
      default:
        throw misconfigured(answer.error);
    }
  }

  async whoIs(token: Secret): Promise<Identity | undefined> {
    const found = await this.#get('say who somebody is', '/user', token, user);
    if (found === undefined) return undefined;
    const [orgs, groups] = await Promise.all([
      this.#all('list memberships', '/user/memberships/orgs?state=active&', token, memberships),
      this.#all('list teams', '/user/teams?', token, teams),
    ]);
    if (orgs === undefined || groups === undefined) return undefined;
    return {
      id: found.id,
      login: found.login,
      organizations: orgs
        .filter(({ state }) => state === 'active')
        .map(({ organization }) => organization.login.toLowerCase()),
      teams: groups.map(({ organization, slug }) => `${organization.login}/${slug}`.toLowerCase()),
    };
  }

  async #all<T>(
    operation: string,
    path: string,
    token: Secret,
    parser: Parser<T[]>,
  ): Promise<T[] | undefined> {
    const all: T[] = [];
    for (let page = 1; page <= mostPages; page++) {
      const items = await this.#get(operation, `${path}per_page=${perPage}&page=${page}`, token, parser);
      if (items === undefined) return undefined;
      all.push(...items);
      if (items.length < perPage) return all;
    }
    throw new GitHubError(`GitHub's answer to ${operation} does not end`, { kind: 'invalid' });
  }

  /** Undefined for a token that is no good. */
  async #get<T>(operation: string, path: string, token: Secret, parser: Parser<T>): Promise<T | undefined> {
    const response = await this.#send(operation, `${this.#options.apiUrl}${path}`, {
      headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${token.reveal()}` },
    });
    return response.status === 401 ? undefined : this.#read(operation, response, parser);
  }

  #askForToken(operation: string, form: Readonly<Record<string, string>>) {
    return this.#post(operation, '/login/oauth/access_token', form, tokenAnswer);
  }

  async #post<T>(
    operation: string,
    path: string,
    form: Readonly<Record<string, string>>,
    parser: Parser<T>,
  ): Promise<T> {
    const response = await this.#send(operation, `${this.#site}${path}`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ client_id: this.#options.clientId, ...form }),
    });
    return this.#read(operation, response, parser);
  }

  async #send(operation: string, url: string, init: RequestInit & { headers: Record<string, string> }) {
    const { userAgent, timeoutMs = defaultTimeoutMs } = this.#options;
    try {
      return await fetch(url, {
        ...init,
        headers: { ...init.headers, 'user-agent': userAgent },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (cause) {
      throw new GitHubError(`cannot reach GitHub to ${operation}`, { kind: 'unavailable', cause });
    }
  }

  /** What GitHub said is in no error: it may hold a token. */
  async #read<T>(operation: string, response: Response, parser: Parser<T>): Promise<T> {
    const body = await jsonOf(response);
    if (!response.ok) {
      const message = messageOf(body);
      const headers = Object.fromEntries(response.headers);
      throw errorOf(operation, { status: response.status, message, headers }, this.#options.clock.now());
    }
    const parsed = parser.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new GitHubError(`GitHub's answer to ${operation} is not understood`, { kind: 'invalid' });
  }

  #tokenOf(told: {
    access_token: string;
    expires_in?: number | undefined;
    refresh_token?: string | undefined;
  }): UserToken {
    return {
      access: new Secret(told.access_token),
      ...(told.expires_in !== undefined && {
        expiresAt: after(this.#options.clock.now(), seconds(told.expires_in)),
      }),
      ...(told.refresh_token !== undefined && { refresh: new Secret(told.refresh_token) }),
    };
  }

  #secret(): { client_secret: string } {
    return { client_secret: this.#options.clientSecret.reveal() };
  }

  /** A code that is no good is the caller's affair; what an operator must mend is an error. */
  #unlessOurs(error: string): undefined {
    if (error === 'bad_verification_code' || error === 'bad_refresh_token') return undefined;
    throw misconfigured(error);
  }
}

const misconfigured = (error: string): GitHubError =>
  new GitHubError(`GitHub refuses to sign people in: ${error.slice(0, 100)}`, { kind: 'invalid' });

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    // A page for people, or a connection that was cut: told by the status, or as not understood.
    return undefined;
  }
}

const messageOf = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'message' in body ? String(body.message).slice(0, 200) : '';
