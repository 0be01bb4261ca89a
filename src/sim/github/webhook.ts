// What a webhook is: an event with its body, the attempts to deliver it, and the request that goes out.

import type { InstallationId, JobId, RepositoryId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/time.ts';

export interface WebhookEvent {
  event: string;
  action: string | undefined;
  installationId: InstallationId | undefined;
  repositoryId: RepositoryId | undefined;
  /** The job that it is about. */
  jobId?: JobId;
  /** The JSON text, whose bytes are what is signed. */
  body: string;
}

/** One attempt. All attempts of an event have its GUID. */
export interface Delivery extends WebhookEvent {
  id: number;
  guid: string;
  redelivery: boolean;
  deliveredAt: Instant;
  durationMs: number;
  /** 0 while it is under way, and when nobody answered. */
  statusCode: number;
  status: string;
}

/** One HTTP request to the App's webhook URL. */
export interface WebhookRequest {
  delivery: Delivery;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** Rejects when the receiver cannot be reached. */
export type WebhookHandler = (request: WebhookRequest) => Promise<{ status: number }>;
