// Webhook deliveries as GitHub keeps them: each attempt a row with an id of its own, all attempts of one event under one
// GUID. The body is fixed when the event happens, whenever it is sent.

import { createHmac } from 'node:crypto';
import type { JobId } from '../../domain/ids.ts';
import { instantOf } from '../../domain/time.ts';
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

/** What GitHub notes about an attempt when it is over. */
interface Outcome {
  statusCode: number;
  status: string;
}

const unreachable: Outcome = { statusCode: 0, status: 'failed to connect to host' };

export class DeliveryLog {
  readonly #parts: Parts;
  readonly #hookId: number;
  /** Ids and times rise from the front to the back: an attempt is noted when it begins. */
  #log: Delivery[] = [];
  readonly #held = new Map<JobId, Delivery[]>();
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
    const delivery = draft(event, ids.guid(), false);
    const fault = faults.delivery(delivery);
    const isLast = event.action === 'completed';
    if (fault.kind === 'reverse' && event.jobId !== undefined && !isLast) {
      this.#hold(event.jobId, delivery, fault.withinMs);
      return;
    }
    const delayMs = beliefs.webhookDelayMs + (fault.kind === 'delay' ? fault.ms : 0);
    if (fault.kind === 'lost')
      this.#note(delivery, { statusCode: 502, status: 'Invalid HTTP Response: 502' });
    else if (fault.kind === 'lost-unseen') this.#note(delivery, { statusCode: 202, status: 'OK' });
    else if (fault.kind !== 'never-sent') this.#sendLater(delivery, delayMs);
    if (fault.kind === 'double') this.#sendLater(draft(event, delivery.guid, true), delayMs + fault.afterMs);
    if (isLast && event.jobId !== undefined) this.#release(event.jobId, delayMs);
  }

  /** Newest first, from before the delivery `cursor` on. */
  list(page: { perPage: number; cursor: number | undefined }): {
    deliveries: Delivery[];
    next: number | undefined;
  } {
    const { clock, beliefs, faults } = this.#parts;
    const oldest = clock.now() - beliefs.deliveryWindowMs;
    const deliveries: Delivery[] = [];
    let index = (page.cursor === undefined ? this.#log.length : this.#indexOf(page.cursor)) - 1;
    for (; index >= 0; index -= 1) {
      const delivery = this.#log[index];
      if (delivery === undefined || delivery.deliveredAt < oldest) break;
      if (deliveries.length === page.perPage) return { deliveries, next: deliveries.at(-1)?.id };
      if (!faults.listMisses('deliveries', delivery.id)) deliveries.push(delivery);
    }
    return { deliveries, next: undefined };
  }

  get(id: number): Delivery | undefined {
    const found = this.#log[this.#indexOf(id)];
    return found?.id === id ? found : undefined;
  }

  redeliver(id: number): Answer<undefined> {
    const { clock, beliefs, ids } = this.#parts;
    const first = this.get(id);
    if (!first) return notFound;
    if (clock.now() - first.deliveredAt > beliefs.deliveryWindowMs) {
      return refuse(422, 'The delivery is too old to be redelivered.');
    }
    const guid = beliefs.redeliveryKeepsGuid ? first.guid : ids.guid();
    this.#sendLater(draft(first, guid, true), 0);
    return answer(undefined);
  }

  /** Resolves when no delivery is under way or waiting. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #hold(job: JobId, delivery: Delivery, withinMs: number): void {
    this.#held.set(job, [delivery, ...(this.#held.get(job) ?? [])]);
    this.#parts.timers.after(withinMs, () => {
      const held = this.#held.get(job);
      if (held?.includes(delivery)) this.#release(job, 0);
    });
  }

  /** A millisecond lies between two of them, so that the order is one of time too. */
  #release(job: JobId, delayMs: number): void {
    const held = this.#held.get(job) ?? [];
    this.#held.delete(job);
    for (const [index, delivery] of held.entries()) this.#sendLater(delivery, delayMs + index + 1);
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
    const service = this.#parts.faults.webhooks();
    if (service === 'silent') return;
    this.#note(delivery, undefined);
    const outcome = service === 'failing' ? unreachable : await this.#attempt(delivery);
    delivery.durationMs = this.#parts.clock.now() - delivery.deliveredAt;
    Object.assign(delivery, outcome);
  }

  #attempt(delivery: Delivery): Promise<Outcome> {
    const { timers, beliefs, app } = this.#parts;
    if (!this.#handler) return Promise.resolve(unreachable);
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const cancel = timers.after(beliefs.webhookTimeoutMs, () =>
      resolve({ statusCode: 0, status: 'timed out' }),
    );
    const end = (outcome: Outcome): void => {
      cancel();
      resolve(outcome);
    };
    const request = { delivery, headers: headersOf(delivery, app, this.#hookId), body: delivery.body };
    this.#handler(request).then(
      ({ status }) => end({ statusCode: status, status: wordFor(status) }),
      () => end(unreachable),
    );
    return promise;
  }

  /** The attempt begins; what is older than GitHub remembers is forgotten meanwhile. */
  #note(delivery: Delivery, outcome: Outcome | undefined): void {
    const { clock, ids, beliefs } = this.#parts;
    delivery.id = ids.next('delivery');
    delivery.deliveredAt = clock.now();
    Object.assign(delivery, outcome);
    this.#log.push(delivery);
    const oldest = clock.now() - beliefs.deliveryWindowMs;
    const middle = this.#log[this.#log.length >>> 1];
    if (middle !== undefined && middle.deliveredAt < oldest) {
      this.#log = this.#log.filter(({ deliveredAt }) => deliveredAt >= oldest);
    }
  }

  /** Where the delivery lies, or the first one after it. */
  #indexOf(id: number): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle]?.id ?? 0) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Its id and its time are those of the moment at which it is sent. */
const draft = (event: WebhookEvent, guid: string, redelivery: boolean): Delivery => ({
  event: event.event,
  action: event.action,
  installationId: event.installationId,
  repositoryId: event.repositoryId,
  ...(event.jobId === undefined ? {} : { jobId: event.jobId }),
  body: event.body,
  id: 0,
  guid,
  redelivery,
  deliveredAt: instantOf(0),
  durationMs: 0,
  statusCode: 0,
  status: 'pending',
});

const wordFor = (status: number): string =>
  status >= 200 && status < 300 ? 'OK' : `Invalid HTTP Response: ${status}`;

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
