// The webhook of our GitHub App, as GitHub keeps its books about it. Apart from `github.ts`, since only the look at our own
// set-up needs it. Adapter: `adapters/github`.

import type { DeliveryGuid } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';

/** Every method throws `GitHubError`. */
export interface GitHubHook {
  /** `GET /app/hook/deliveries`: attempts of the last three days, newest first, one page. */
  recentDeliveries(): Promise<readonly DeliveryAttempt[]>;
  /**
   * `POST /app/hook/deliveries/{id}/attempts`: GitHub delivers again, with the same GUID. `too-old`: it does not know that
   * attempt any more, or cannot repeat it.
   */
  redeliver(attempt: number): Promise<'asked' | 'too-old'>;
}

export interface DeliveryAttempt {
  id: number;
  guid: DeliveryGuid;
  event: string;
  deliveredAt: Instant;
  /** `OK`, or what went wrong in GitHub's words. */
  status: string;
  /** The HTTP status that we answered; 0 when GitHub got no answer. */
  statusCode: number;
}
