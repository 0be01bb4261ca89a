// What happens while GitHub waits for an answer: the signature is checked and the delivery stored, nothing else. GitHub does
// not deliver again by itself, so 2xx is said only of what the database has committed.

import { deliveryGuid } from '../domain/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { RawRequest, RawResponse } from '../ports/http.ts';
import type { Log } from '../ports/log.ts';
import type { Secret } from '../ports/secret.ts';
import { type Store, StoreUnavailableError } from '../ports/store.ts';
import { isSigned } from './webhook-signature.ts';

export interface WebhookDeps {
  store: Pick<Store, 'keepDelivery'>;
  clock: Clock;
  log: Log;
  /** The App's webhook secret; two while it is being changed. */
  secrets: readonly Secret[];
}

/** GitHub delivers nothing larger (GitHub docs, "Webhook events and payloads"). */
export const maxDeliveryBytes = 25 * 1024 * 1024;

const guidPattern = /^[0-9A-Za-z-]{1,64}$/;
const eventPattern = /^[a-z0-9_]{1,64}$/;

/** 202 stored, 200 had it already, 400 not a delivery, 401 wrong signature, 413 too large, 503 not stored: deliver again. */
export async function receiveWebhook(deps: WebhookDeps, request: RawRequest): Promise<RawResponse> {
  const { headers, body } = request;
  if (body.byteLength > maxDeliveryBytes) return answer(413, 'The body is larger than 25 MB.');
  if (!isSigned(body, headers['x-hub-signature-256'], deps.secrets)) {
    return answer(401, 'X-Hub-Signature-256 is missing or not the signature of this body.');
  }
  const guid = headers['x-github-delivery'] ?? '';
  if (!guidPattern.test(guid)) return answer(400, 'X-GitHub-Delivery is missing or not a delivery id.');
  const event = headers['x-github-event'] ?? '';
  if (!eventPattern.test(event)) return answer(400, "X-GitHub-Event is missing or not an event's name.");
  try {
    const kept = await deps.store.keepDelivery({
      guid: deliveryGuid(guid),
      event,
      body,
      receivedAt: deps.clock.now(),
    });
    return kept === 'stored' ? answer(202, 'Stored.') : answer(200, 'Had it already.');
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    deps.log.error('webhook delivery not stored', { delivery: guid, event, error });
    return {
      ...answer(503, 'The database cannot be reached: deliver again.'),
      headers: { 'retry-after': '10' },
    };
  }
}

const answer = (status: number, text: string): RawResponse => ({ status, text });
