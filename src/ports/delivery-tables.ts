// Webhook deliveries as the store keeps them.

import type { DeliveryGuid } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';

export interface NewDelivery {
  guid: DeliveryGuid;
  /** `X-GitHub-Event`, at most 64 characters. */
  event: string;
  /** The body's raw bytes as they were signed. */
  body: Uint8Array;
  receivedAt: Instant;
}

export interface Delivery extends NewDelivery {
  state: 'new' | 'done' | 'ignored' | 'unreadable';
  /** Why it was ignored or could not be read. */
  note: string;
}

export interface DeliveryTable {
  get(guid: DeliveryGuid): Promise<Delivery | undefined>;
  /** New deliveries by arrival, locked until the end of the transaction; those that others have locked are passed over. */
  claim(limit: number): Promise<readonly Delivery[]>;
  mark(guid: DeliveryGuid, state: Exclude<Delivery['state'], 'new'>, note: string): Promise<void>;
  count(state: Delivery['state']): Promise<number>;
  /** Newest first. */
  list(filter: { state?: Delivery['state'] }, limit: number): Promise<readonly Delivery[]>;
  /** Which of these are stored, whatever their state. */
  known(guids: readonly DeliveryGuid[]): Promise<ReadonlySet<DeliveryGuid>>;
}
