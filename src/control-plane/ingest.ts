// Deliveries become facts about jobs. What cannot be read is marked and shown, never dropped, and never in the way of the
// next one. A delivery and its fact are kept in one transaction, so each is taken in exactly once.

import type { DurationMs } from '../domain/time.ts';
import type { Delivery } from '../ports/delivery-tables.ts';
import type { Transaction } from '../ports/store.ts';
import { parseDelivery } from '../wire/github-webhook.ts';
import type { Deps } from './deps.ts';
import { hearOfJob } from './hear.ts';
import { defaultIdleLookMs } from './settings.ts';

/** How many deliveries one transaction takes in. */
const batch = 50;

/** One round: takes in a batch, and says how long to wait for the next. */
export async function ingestStep(deps: Deps): Promise<DurationMs> {
  const taken = await deps.store.transaction(async (tx) => {
    const deliveries = await tx.deliveries.claim(batch);
    for (const delivery of deliveries) await takeIn(tx, deps, delivery);
    return deliveries.length;
  });
  return taken === batch ? 0 : (deps.settings.idleLookMs ?? defaultIdleLookMs);
}

async function takeIn(tx: Transaction, deps: Deps, delivery: Delivery): Promise<void> {
  const parsed = parseDelivery(delivery.event, delivery.body, {
    heardAt: delivery.receivedAt,
    runnerGroupOf: (login) => deps.settings.runnerGroups[login.toLowerCase()] ?? 1,
  });
  switch (parsed.kind) {
    case 'unreadable':
      deps.log.warn('unreadable delivery', { delivery: delivery.guid, reason: parsed.reason });
      return tx.deliveries.mark(delivery.guid, 'unreadable', parsed.reason);
    case 'ignored':
      return tx.deliveries.mark(delivery.guid, 'ignored', parsed.reason);
    case 'job': {
      const heard = await hearOfJob(tx, deps, parsed.identity, parsed.fact);
      deps.log.debug('heard of a job', {
        ...{ delivery: delivery.guid, job: parsed.identity.id, status: parsed.fact.status },
        ...{ runner: parsed.fact.runner?.name, outcome: heard.note },
      });
      return tx.deliveries.mark(delivery.guid, heard.kind === 'heard' ? 'done' : 'ignored', heard.note);
    }
  }
}
