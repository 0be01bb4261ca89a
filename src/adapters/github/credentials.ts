// The App proves itself with a JWT and gets a token for each installation, good for an hour. A token is asked for once, however
// many calls want it, and again some minutes before its end, so that no call starts with one that runs out on the way.

import { createAppAuth } from '@octokit/auth-app';
import type { InstallationId } from '../../domain/ids.ts';
import { after, type Instant, minutes } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { GitHubError } from '../../ports/github.ts';
import { Secret } from '../../ports/secret.ts';

export interface InstallationToken {
  token: Secret;
  expiresAt: Instant;
}

const renewBeforeMs = minutes(5);

/** A short-lived proof that we are the App. @throws GitHubError when the private key is none. */
export function appJwt(appId: number, privateKey: Secret): () => Promise<Secret> {
  return async () => {
    try {
      const auth = createAppAuth({ appId, privateKey: privateKey.reveal() });
      return new Secret((await auth({ type: 'app' })).token);
    } catch {
      // The library's own error is left out: it may quote the key.
      throw new GitHubError('the private key of the GitHub App is not a PEM key', { kind: 'unauthorised' });
    }
  };
}

export class InstallationTokens {
  readonly #clock: Clock;
  readonly #fetch: (installation: InstallationId) => Promise<InstallationToken>;
  readonly #tokens = new Map<InstallationId, InstallationToken>();
  readonly #asked = new Map<InstallationId, Promise<InstallationToken>>();

  constructor(clock: Clock, fetch: (installation: InstallationId) => Promise<InstallationToken>) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  async get(installation: InstallationId): Promise<Secret> {
    const held = this.#tokens.get(installation);
    if (held !== undefined && after(this.#clock.now(), renewBeforeMs) < held.expiresAt) return held.token;
    return (await this.#ask(installation)).token;
  }

  /** GitHub did not take this token: forget it, unless a newer one is there already. */
  drop(installation: InstallationId, token: Secret): void {
    if (this.#tokens.get(installation)?.token === token) this.#tokens.delete(installation);
  }

  #ask(installation: InstallationId): Promise<InstallationToken> {
    const asked = this.#asked.get(installation);
    if (asked !== undefined) return asked;
    const asking = this.#fetch(installation)
      .then((token) => {
        this.#tokens.set(installation, token);
        return token;
      })
      .finally(() => this.#asked.delete(installation));
    this.#asked.set(installation, asking);
    return asking;
  }
}
