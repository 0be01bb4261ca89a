// How people let the App act for them: the web flow with PKCE, the device flow, and tokens that are refreshed. Sources: GitHub
// docs, "Generating a user access token for a GitHub App", "Refreshing user access tokens".

import { createHash, timingSafeEqual } from 'node:crypto';
import { after, type Instant } from '../../../domain/time.ts';
import type { Account } from '../state.ts';
import type { World } from '../world.ts';
import { ExpiringTokens } from './expiring-tokens.ts';

export interface OAuthClient {
  id: string;
  secret: string;
  /** Any is taken when none is registered. */
  callbackUrl: string | undefined;
}

/** What a browser was sent to us with. */
export interface WebRequest {
  redirectUri: string;
  challenge: string | undefined;
}

interface Device {
  userCode: string;
  expiresAt: Instant;
  /** May not ask again before; each call that comes too early makes the pause longer. */
  nextPollAt: Instant;
  intervalMs: number;
  answer: { kind: 'none' } | { kind: 'denied' } | { kind: 'granted'; user: Account };
}

/** What `/login/oauth/access_token` says, always with status 200. */
export type TokenReply = Readonly<Record<string, string | number>>;

export class UserTokens {
  readonly client: OAuthClient;
  readonly #world: World;
  readonly #codes: ExpiringTokens<WebRequest & { user: Account }>;
  readonly #access: ExpiringTokens<Account>;
  readonly #refresh: ExpiringTokens<{ user: Account; access: string }>;
  readonly #devices = new Map<string, Device>();

  constructor(world: World, secret: string) {
    this.#world = world;
    this.client = { id: `Iv1.${world.app.id}`, secret, callbackUrl: undefined };
    this.#codes = new ExpiringTokens(world);
    this.#access = new ExpiringTokens(world);
    this.#refresh = new ExpiringTokens(world);
  }

  userOf(token: string): Account | undefined {
    return this.#access.look(token);
  }

  /** Takes a user's tokens away, as they can on GitHub's page of authorised Apps. */
  revoke(user: Account): void {
    this.#access.forget((owner) => owner === user);
    this.#refresh.forget((owner) => owner.user === user);
  }

  /** The code with which a browser goes back to the App. */
  grantWeb(request: WebRequest, user: Account): string {
    return this.#codes.issue('', { ...request, user }, this.#world.beliefs.oauthCodeMs).token;
  }

  startDevice(): TokenReply {
    const { beliefs, ids, clock, urls } = this.#world;
    const code = ids.hex(20);
    const letters = ids.hex(4).toUpperCase();
    const userCode = `${letters.slice(0, 4)}-${letters.slice(4)}`;
    this.#devices.set(code, {
      userCode,
      expiresAt: after(clock.now(), beliefs.deviceCodeMs),
      nextPollAt: clock.now(),
      intervalMs: beliefs.devicePollMs,
      answer: { kind: 'none' },
    });
    return {
      device_code: code,
      user_code: userCode,
      verification_uri: `${urls.html}/login/device`,
      expires_in: beliefs.deviceCodeMs / 1000,
      interval: beliefs.devicePollMs / 1000,
    };
  }

  /** False when no device waits with this code. */
  answerDevice(userCode: string, user: Account | undefined): boolean {
    const now = this.#world.clock.now();
    const device = [...this.#devices.values()].find(
      (one) => one.userCode === userCode.trim().toUpperCase() && one.expiresAt > now,
    );
    if (device === undefined) return false;
    device.answer = user === undefined ? { kind: 'denied' } : { kind: 'granted', user };
    return true;
  }

  exchange(form: Readonly<Record<string, string | undefined>>): TokenReply {
    if (form.client_id !== this.client.id) return no('incorrect_client_credentials');
    if (form.grant_type === 'urn:ietf:params:oauth:grant-type:device_code')
      return this.#pollDevice(form.device_code ?? '');
    if (!isSame(form.client_secret ?? '', this.client.secret)) return no('incorrect_client_credentials');
    if (form.grant_type === 'refresh_token') return this.#renew(form.refresh_token ?? '');
    return this.#redeem(form);
  }

  #redeem({ code = '', redirect_uri, code_verifier = '' }: Readonly<Record<string, string | undefined>>) {
    const granted = this.#codes.take(code);
    if (granted === undefined) return no('bad_verification_code');
    if (redirect_uri !== undefined && redirect_uri !== granted.redirectUri)
      return no('redirect_uri_mismatch');
    const made = createHash('sha256').update(code_verifier).digest('base64url');
    const isChecked = this.#world.beliefs.pkceIsChecked && granted.challenge !== undefined;
    if (isChecked && made !== granted.challenge) return no('bad_verification_code');
    return this.#issue(granted.user);
  }

  #renew(refreshToken: string): TokenReply {
    const held = this.#refresh.take(refreshToken);
    if (held === undefined) return no('bad_refresh_token');
    // The old one works no more.
    this.#access.take(held.access);
    return this.#issue(held.user);
  }

  #pollDevice(code: string): TokenReply {
    const device = this.#devices.get(code);
    const now = this.#world.clock.now();
    if (device === undefined) return no('incorrect_device_code');
    if (device.expiresAt <= now) return no('expired_token');
    if (now < device.nextPollAt) {
      device.intervalMs += 5_000;
      device.nextPollAt = after(now, device.intervalMs);
      return { ...no('slow_down'), interval: device.intervalMs / 1000 };
    }
    device.nextPollAt = after(now, device.intervalMs);
    if (device.answer.kind === 'none') return no('authorization_pending');
    this.#devices.delete(code);
    return device.answer.kind === 'denied' ? no('access_denied') : this.#issue(device.answer.user);
  }

  #issue(user: Account): TokenReply {
    const { userTokenMs, refreshTokenMs } = this.#world.beliefs;
    const forEver = userTokenMs === 0;
    const { token } = this.#access.issue('ghu_', user, forEver ? Number.MAX_SAFE_INTEGER / 2 : userTokenMs);
    const base = { access_token: token, token_type: 'bearer', scope: '' };
    if (forEver) return base;
    return {
      ...base,
      expires_in: userTokenMs / 1000,
      refresh_token: this.#refresh.issue('ghr_', { user, access: token }, refreshTokenMs).token,
      refresh_token_expires_in: refreshTokenMs / 1000,
    };
  }
}

const no = (error: string): TokenReply => ({
  error,
  error_description: error.replaceAll('_', ' '),
  error_uri: 'https://docs.github.com/apps',
});

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
