// Webhook deliveries as GitHub keeps them: each attempt a row with an id of its own, all attempts of one event under one
// GUID. The body is fixed when the event happens, whenever it is sent.

import { createHmac } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import { type Answer, answer, notFound, refuse } from './answer.ts';
import type { Beliefs } from './beliefs.ts';
import type { Faults } from './faults.ts';
import type { Identifiers } from './identifiers.ts';
import type { App } from './state.ts';
import type { Timers } from './timers.ts';
import type { Delivery, WebhookEvent, WebhookHandler } from './webhook.ts';

interface Parts {
  clock: Clock;
  timers: Timers;
  ids: Identifiers;
  beliefs: Beliefs;
  /** Asked at each event; may be changed at any time. */
  faults: Faults;
  app: App;
}

export class DeliveryLog {
  readonly #parts: Parts;
  readonly #hookId: number;
  readonly #log: Delivery[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #handler: WebhookHandler | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#hookId = parts.ids.next('hook');
  }

  /** The one receiver; it stands for the App's webhook URL. */
  onDelivery(handler: WebhookHandler): void {
    this.#handler = handler;
  }

  emit(event: WebhookEvent): void {
    const { faults, ids, beliefs } = this.#parts;
    const delivery = this.#attempt(event, ids.guid(), false);
    const fault = faults.delivery(delivery);
    if (fault.kind === 'never-sent') return;
    if (fault.kind === 'lost' || fault.kind === 'lost-unseen') {
      this.#log.push(delivery);
      if (fault.kind === 'lost') this.#end(delivery, 502, 'Invalid HTTP Response: 502');
      else this.#end(delivery, 202, 'OK');
      return;
    }
    this.#sendLater(delivery, beliefs.webhookDelayMs + (fault.kind === 'delay' ? fault.ms : 0));
    if (fault.kind === 'double') {
      this.#sendLater(this.#attempt(event, delivery.guid, true), beliefs.webhookDelayMs + fault.afterMs);
    }
  }

  /** Newest first, from before the delivery `cursor` on. */
  list(page: { perPage: number; cursor: number | undefined }): {
    deliveries: Delivery[];
    next: number | undefined;
  } {
    const { clock, beliefs } = this.#parts;
    const oldest = clock.now() - beliefs.deliveryWindowMs;
    const visible = this.#log
      .filter(
        ({ deliveredAt, id }) => deliveredAt >= oldest && (page.cursor === undefined || id < page.cursor),
      )
      .sort((a, b) => b.id - a.id);
    const deliveries = visible.slice(0, page.perPage);
    return { deliveries, next: visible.length > page.perPage ? deliveries.at(-1)?.id : undefined };
  }

  get(id: number): Delivery | undefined {
    return this.#log.find((delivery) => delivery.id === id);
  }

  redeliver(id: number): Answer<undefined> {
    const { clock, beliefs, ids } = this.#parts;
    const first = this.get(id);
    if (!first) return notFound;
    if (clock.now() - first.deliveredAt > beliefs.deliveryWindowMs) {
      return refuse(422, 'The delivery is too old to be redelivered.');
    }
    const guid = beliefs.redeliveryKeepsGuid ? first.guid : ids.guid();
    this.#sendLater(this.#attempt(first, guid, true), 0);
    return answer(undefined);
  }

  /** Resolves when no delivery is under way or waiting. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #attempt(event: WebhookEvent, guid: string, redelivery: boolean): Delivery {
    const { ids, clock } = this.#parts;
    const fresh = { id: ids.next('delivery'), guid, redelivery, deliveredAt: clock.now() };
    return { ...event, ...fresh, durationMs: 0, statusCode: 0, status: 'pending' };
  }

  #sendLater(delivery: Delivery, ms: number): void {
    const due = new Promise<void>((resolve) => {
      if (ms > 0) this.#parts.timers.after(ms, resolve);
      else resolve();
    });
    const sent = due.then(() => this.#send(delivery));
    this.#underWay.add(sent);
    void sent.finally(() => this.#underWay.delete(sent));
  }

  async #send(delivery: Delivery): Promise<void> {
    const { clock, beliefs, app } = this.#parts;
    delivery.deliveredAt = clock.now();
    this.#log.push(delivery);
    if (!this.#handler) {
      this.#end(delivery, 0, 'failed to connect to host');
      return;
    }
    const request = { delivery, headers: headersOf(delivery, app, this.#hookId), body: delivery.body };
    const answered = this.#handler(request).then(
      ({ status }) => ({
        status,
        word: status >= 200 && status < 300 ? 'OK' : `Invalid HTTP Response: ${status}`,
      }),
      () => ({ status: 0, word: 'failed to connect to host' }),
    );
    const abort = new AbortController();
    const late = clock.sleep(beliefs.webhookTimeoutMs, abort.signal).then(
      () => ({ status: 0, word: 'timed out' }),
      () => ({ status: 0, word: 'stopped' }),
    );
    const { status, word } = await Promise.race([answered, late]);
    abort.abort();
    this.#end(delivery, status, word);
  }

  #end(delivery: Delivery, statusCode: number, status: string): void {
    delivery.durationMs = this.#parts.clock.now() - delivery.deliveredAt;
    delivery.statusCode = statusCode;
    delivery.status = status;
  }
}

/** As GitHub sends them (docs, webhook events and payloads, delivery headers). */
function headersOf(delivery: Delivery, app: App, hookId: number): Record<string, string> {
  const hmac = (algorithm: string): string =>
    createHmac(algorithm, app.hook.secret).update(delivery.body, 'utf8').digest('hex');
  return {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/bellows',
    'x-github-delivery': delivery.guid,
    'x-github-event': delivery.event,
    'x-github-hook-id': String(hookId),
    'x-github-hook-installation-target-id': String(app.id),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature': `sha1=${hmac('sha1')}`,
    'x-hub-signature-256': `sha256=${hmac('sha256')}`,
  };
}
