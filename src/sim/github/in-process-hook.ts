// The books of the App's webhook without HTTP, under the same faults and rate limits as `in-process-api.ts`.

import { deliveryGuid } from '../../domain/ids.ts';
import { after, instantOf } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import type { DeliveryAttempt, DeliveryPage, GitHubHook } from '../../ports/github-hook.ts';
import { type Answer, answer, type Refusal, refuse } from './answer.ts';
import type { SimGithub } from './sim-github.ts';
import type { Delivery } from './webhook.ts';
import type { World } from './world.ts';

const perPage = 100;

/** @throws GitHubError as the real adapter does */
export class InProcessGitHubHook implements GitHubHook {
  readonly #world: World;

  constructor(github: SimGithub) {
    this.#world = github.world;
  }

  async deliveries(cursor?: string): Promise<DeliveryPage> {
    const page = { perPage, cursor: cursor === undefined ? undefined : Number(cursor) };
    const listed = await this.#ask('GET hook/deliveries', () => answer(this.#world.deliveries.list(page)));
    if (!listed.ok) throw this.#error('list the deliveries', listed);
    const { deliveries, next } = listed.value;
    return { attempts: deliveries.map(attemptOf), ...(next !== undefined && { next: String(next) }) };
  }

  async redeliver(attempt: number): Promise<'asked' | 'too-old'> {
    const asked = await this.#ask('POST hook/deliveries/attempts', () =>
      this.#world.deliveries.redeliver(attempt),
    );
    return asked.ok ? 'asked' : 'too-old';
  }

  /** One call: faults, rate limit, then the work. Outside failures are thrown, refusals given back. */
  async #ask<T>(operation: string, work: () => Answer<T>): Promise<Answer<T>> {
    const fault = this.#world.faults.call(operation);
    if (fault.kind === 'delay') await this.#world.clock.sleep(fault.ms);
    else await Promise.resolve();
    if (fault.kind === 'refused') throw this.#error(operation, refuse(fault.status, 'a fault was planted'));
    const charged = this.#world.limits.charge('app', operation.split(' ')[0] ?? 'GET');
    if (!charged.ok) throw this.#error(operation, charged);
    const result = work();
    if (fault.kind === 'lost-answer') throw this.#error(operation, refuse(502, 'the answer was lost'));
    return result;
  }

  #error(operation: string, { status, message, retryAfterSeconds }: Refusal): GitHubError {
    const isLimit = message.includes('rate limit');
    const waitMs = (retryAfterSeconds ?? 60) * 1000;
    const retryAt = isLimit ? { retryAt: after(instantOf(this.#world.clock.now()), waitMs) } : {};
    const kind = isLimit ? 'rate-limited' : status >= 500 ? 'unavailable' : 'forbidden';
    return new GitHubError(`GitHub: ${operation}: ${message}`, { kind, status, ...retryAt });
  }
}

const attemptOf = (delivery: Delivery): DeliveryAttempt => ({
  id: delivery.id,
  guid: deliveryGuid(delivery.guid),
  event: delivery.event,
  ...(delivery.installationId !== undefined && { installation: delivery.installationId }),
  deliveredAt: delivery.deliveredAt,
  redelivery: delivery.redelivery,
  status: delivery.status,
  statusCode: delivery.statusCode,
});
