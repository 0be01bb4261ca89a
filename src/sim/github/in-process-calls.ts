// How a call of the in-process twins goes: faults, token, rate limit, then the work; nothing but promises in between.

import type { InstallationId } from '../../domain/ids.ts';
import { after, instantOf } from '../../domain/time.ts';
import { GitHubError, type GitHubErrorKind } from '../../ports/github.ts';
import { type Answer, answer, type Refusal, refuse } from './answer.ts';
import type { World } from './world.ts';

/** Who calls: the App by its own key, or by the token of an installation. */
export type Credential = InstallationId | 'app';

/** A token is asked for anew when it has less than this left. */
const tokenMarginMs = 5 * 60_000;

export class InProcessCalls {
  readonly #world: World;
  /** A process has its own tokens, and asks once for each, however many calls wait for it. */
  readonly #tokens = new Map<InstallationId, { asked: Promise<void>; endsAt: number }>();

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * @throws GitHubError when no answer comes, or a limit is reached
   * @returns what GitHub answers, refusals included
   */
  async ask<T>(operation: string, credential: Credential, work: () => Answer<T>): Promise<Answer<T>> {
    if (credential !== 'app') await this.#haveToken(credential);
    const result = await this.#call(operation, credential, work);
    if (!result.ok && result.status === 401 && credential !== 'app') this.#tokens.delete(credential);
    return result;
  }

  /** As `ask`, for calls of which every refusal is a failure. */
  async get<T>(operation: string, credential: Credential, work: () => Answer<T>): Promise<T> {
    const result = await this.ask(operation, credential, work);
    if (!result.ok) throw this.error(operation, result);
    return result.value;
  }

  error(operation: string, refusal: Refusal): GitHubError {
    const { status, message } = refusal;
    const waitMs = (refusal.retryAfterSeconds ?? 60) * 1000;
    const retryAt = isLimit(refusal) ? { retryAt: after(instantOf(this.#world.clock.now()), waitMs) } : {};
    return new GitHubError(`GitHub: ${operation}: ${message}`, {
      kind: isLimit(refusal) ? 'rate-limited' : kindOf(status),
      status,
      ...retryAt,
    });
  }

  #haveToken(installation: InstallationId): Promise<void> {
    const known = this.#tokens.get(installation);
    if (known !== undefined && known.endsAt - this.#world.clock.now() > tokenMarginMs) return known.asked;
    const token = { asked: this.#newToken(), endsAt: Number.POSITIVE_INFINITY };
    this.#tokens.set(installation, token);
    token.asked = token.asked.then(
      () => {
        token.endsAt = this.#world.clock.now() + this.#world.beliefs.installationTokenMs;
      },
      (error: unknown) => {
        this.#tokens.delete(installation);
        throw error;
      },
    );
    return token.asked;
  }

  async #newToken(): Promise<void> {
    const operation = 'POST access_tokens';
    const made = await this.#call(operation, 'app', () => answer(undefined));
    // Not as `not-found`: "the App is not installed" must not pass for "there is no such runner".
    if (!made.ok) throw this.error(operation, made.status === 404 ? { ...made, status: 403 } : made);
  }

  async #call<T>(operation: string, credential: Credential, work: () => Answer<T>): Promise<Answer<T>> {
    const { clock, faults, limits } = this.#world;
    const fault = faults.call(operation);
    if (fault.kind === 'delay' || fault.kind === 'timeout') await clock.sleep(fault.ms);
    else await Promise.resolve();
    if (fault.kind === 'timeout') throw this.error(operation, refuse(504, 'no answer came'));
    if (fault.kind === 'refused') return this.#limitThrown(operation, refusalOf(fault));
    const charged = limits.charge(String(credential), operation.split(' ')[0] ?? 'GET');
    if (!charged.ok) throw this.error(operation, charged);
    const result = work();
    if (fault.kind === 'lost-answer') {
      if (fault.afterMs !== undefined) await clock.sleep(fault.afterMs);
      throw this.error(operation, refuse(502, 'the answer was lost'));
    }
    return result.ok ? result : this.#limitThrown(operation, result);
  }

  #limitThrown(operation: string, refusal: Refusal): Refusal {
    if (isLimit(refusal)) throw this.error(operation, refusal);
    return refusal;
  }
}

/** The refusal that a planted fault is answered with. */
export function refusalOf(fault: { status: number; retryAfterSeconds?: number }): Refusal {
  const { status, retryAfterSeconds } = fault;
  if (retryAfterSeconds === undefined) return refuse(status, 'a fault was planted');
  const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  return { ...refuse(status, message), retryAfterSeconds };
}

const isLimit = ({ message, retryAfterSeconds }: Refusal): boolean =>
  retryAfterSeconds !== undefined || message.includes('rate limit');

function kindOf(status: number): GitHubErrorKind {
  if (status === 401) return 'unauthorised';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  return status >= 500 ? 'unavailable' : 'invalid';
}
