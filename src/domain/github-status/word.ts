// What GitHub's public status page says of an incident of ours. It is a witness and no judge: the page is often silent for the
// first minutes, and a small outage never gets there, so its silence acquits nobody.

import type { Instant } from '../time.ts';

/** One thing that the page told, of one component. */
export interface FeedTrouble {
  /** The component's name on the page, such as `Webhooks`. */
  readonly component: string;
  /** In the page's words: `degraded_performance`, `partial_outage`, `major_outage`, `under_maintenance`. */
  readonly status: string;
  /** When the page told of it: when its incident was posted, or else when we first saw it there. */
  readonly toldAt: Instant;
  /** When it was not there any more. */
  readonly endedAt?: Instant;
  /** Its incident on the page. */
  readonly title?: string;
  readonly url?: string;
}

export const pageWords = ['same', 'nothing', 'unreachable', 'meanwhile'] as const;
/**
 * `same`: the page tells of it, too. `nothing`: the page was read, and tells of nothing that would fit. `unreachable`: it could
 * not be read. `meanwhile`: the incident is not GitHub's, but the page tells of trouble in what the incident's jobs need.
 */
export type PageWord = (typeof pageWords)[number];

/** Kept with an incident. It changes when the page does, and not with time. */
export interface GitHubWord {
  readonly says: PageWord;
  /** When the page told of it first; with `same` and `meanwhile`. */
  readonly toldAt?: Instant;
  readonly troubles: readonly FeedTrouble[];
  /** Why it could not be read. */
  readonly why?: string;
}
