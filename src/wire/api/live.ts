import { z } from 'zod';
import { type Endpoint, nothing } from './endpoint.ts';
import { severalOf } from './list.ts';

export const liveTopics = ['jobs', 'vms', 'hosts', 'repairs', 'incidents'] as const;
/** What a list shows: whoever shows it reads it anew when its topic comes. */
export type LiveTopic = (typeof liveTopics)[number];

/** The data of one event of the stream. */
export const liveNews = z.object({
  /** What has changed since the event before, or since the one in `Last-Event-ID`. */
  changed: z.array(z.enum(liveTopics)),
});
export type LiveNews = z.infer<typeof liveNews>;

/**
 * A stream of server-sent events, so it stands beside the table of endpoints. `answer` is the data of one event. Comments
 * come in between, so that a dead connection is found; the server ends a stream now and then, and the client comes back
 * with `Last-Event-ID` and misses nothing.
 */
export const live = {
  method: 'GET',
  path: '/live',
  summary: 'Tells what has changed, as server-sent events, until either side ends it',
  access: 'member',
  params: nothing,
  query: z.strictObject({ topics: severalOf(liveTopics) }),
  body: nothing,
  answer: liveNews,
} as const satisfies Endpoint;

/** The client's side of the stream. */
export interface LiveClient {
  /**
   * Gives one item when the stream is up and one for each event after it; ends when `stopping` tells or the server ends it.
   * @throws ApiUnreachableError
   */
  changes(topics: readonly LiveTopic[], stopping: AbortSignal): AsyncIterable<LiveNews>;
}
