// The webhook of our GitHub App, as GitHub keeps its books about it. Apart from `github.ts`, since only the look at our own
// set-up and the redelivery of what was lost need it. Adapters: `adapters/github` and the simulator's in-process twin.

import type { Attempt } from '../domain/repair/redelivery.ts';

/** Every method throws `GitHubError`. */
export interface GitHubHook {
  /**
   * `GET /app/hook/deliveries`: attempts of the last three days, newest first, one page.
   * @param cursor the `next` of the page before; the newest page without it.
   */
  deliveries(cursor?: string): Promise<DeliveryPage>;
  /**
   * `POST /app/hook/deliveries/{id}/attempts`: GitHub delivers again, with the same GUID. `too-old`: it does not know that
   * attempt any more, or cannot repeat it.
   */
  redeliver(attempt: number): Promise<'asked' | 'too-old'>;
}

export interface DeliveryPage {
  attempts: readonly DeliveryAttempt[];
  /** Opaque; absent on the last page. */
  next?: string;
}

export interface DeliveryAttempt extends Attempt {
  /** `OK`, or what went wrong in GitHub's words. */
  status: string;
  /** The HTTP status that we answered; 0 when GitHub got no answer. */
  statusCode: number;
}
