// The books of the App's webhook without HTTP, under the same faults and rate limits as `in-process-api.ts`.

import { deliveryGuid } from '../../domain/ids.ts';
import type { DeliveryAttempt, DeliveryPage, GitHubHook } from '../../ports/github-hook.ts';
import { answer } from './answer.ts';
import { InProcessCalls } from './in-process-calls.ts';
import type { SimGithub } from './sim-github.ts';
import type { Delivery } from './webhook.ts';
import type { World } from './world.ts';

const perPage = 100;

/** @throws GitHubError as the real adapter does */
export class InProcessGitHubHook implements GitHubHook {
  readonly #world: World;
  readonly #calls: InProcessCalls;

  constructor(github: SimGithub) {
    this.#world = github.world;
    this.#calls = new InProcessCalls(github.world);
  }

  async deliveries(cursor?: string): Promise<DeliveryPage> {
    const page = { perPage, cursor: cursor === undefined ? undefined : Number(cursor) };
    const { deliveries, next } = await this.#calls.get('GET hook/deliveries', 'app', () =>
      answer(this.#world.deliveries.list(page)),
    );
    return { attempts: deliveries.map(attemptOf), ...(next !== undefined && { next: String(next) }) };
  }

  async redeliver(attempt: number): Promise<'asked' | 'too-old'> {
    const operation = 'POST hook/deliveries/attempts';
    const asked = await this.#calls.ask(operation, 'app', () => this.#world.deliveries.redeliver(attempt));
    if (asked.ok) return 'asked';
    if ([400, 404, 422].includes(asked.status)) return 'too-old';
    throw this.#calls.error(operation, asked);
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
