// What is remembered of GitHub's status page: how reading it went, and what it told lately, with when.

import { after, type DurationMs, days, type Instant, minutes } from '../time.ts';
import { type PageTrouble, type StatusPage, troublesOn } from './page.ts';
import type { FeedTrouble } from './word.ts';

export type StatusReading =
  | { readonly kind: 'page'; readonly page: StatusPage }
  /** `why`: a few words, of ours alone. */
  | { readonly kind: 'unreachable'; readonly why: string };

export interface FeedState {
  /** It is switched off: what stands here is from before. */
  readonly off?: true;
  /** When it was read last; absent when it never was. */
  readonly readAt?: Instant;
  /** Since the last time that it was read. */
  readonly failures: number;
  /** Why it could not be read the last time. */
  readonly why?: string;
  /** What is wrong there, and what was in the last days; oldest first. */
  readonly troubles: readonly FeedTrouble[];
}

export const noFeed: FeedState = { failures: 0, troubles: [] };

/** An incident lasts for a day at most, and is compared for a while after that. */
const keepMs = days(3);
const mostTroubles = 100;

export function afterReading(before: FeedState, reading: StatusReading, now: Instant): FeedState {
  const { off: _off, why: _why, ...rest } = before;
  if (reading.kind === 'unreachable') return { ...rest, failures: before.failures + 1, why: reading.why };
  const found = new Map(troublesOn(reading.page).map((trouble) => [trouble.component, trouble]));
  const known = before.troubles.map((trouble): FeedTrouble => {
    if (trouble.endedAt !== undefined) return trouble;
    const still = found.get(trouble.component);
    found.delete(trouble.component);
    return still === undefined
      ? { ...trouble, endedAt: now }
      : { ...told(still, now), toldAt: trouble.toldAt };
  });
  const all = [...known, ...[...found.values()].map((trouble) => told(trouble, now))];
  const oldest = after(now, -keepMs);
  const troubles = all
    .filter(({ endedAt }) => endedAt === undefined || endedAt > oldest)
    .slice(-mostTroubles);
  return { readAt: now, failures: 0, troubles };
}

function told({ component, status, postedAt, title, url }: PageTrouble, now: Instant): FeedTrouble {
  // Clocks differ: it was not posted after we have read it.
  const toldAt = postedAt !== undefined && postedAt < now ? postedAt : now;
  return {
    ...{ component, status, toldAt },
    ...(title !== undefined && { title }),
    ...(url !== undefined && { url }),
  };
}

export const openTroubles = ({ troubles }: FeedState): readonly FeedTrouble[] =>
  troubles.filter(({ endedAt }) => endedAt === undefined);

export const feedPace = {
  calmMs: minutes(5),
  /** While an incident of GitHub's is open here or there. */
  busyMs: minutes(1),
  /** The longest pause while it cannot be read. */
  failingMs: minutes(10),
} as const;

/** Until it is read again. */
export function nextReadMs(state: FeedState, isOurs: boolean): DurationMs {
  const isBusy = isOurs || openTroubles(state).length > 0;
  const calm = isBusy ? feedPace.busyMs : feedPace.calmMs;
  if (state.failures === 0) return calm;
  const pause = feedPace.busyMs * 2 ** Math.min(state.failures - 1, 10);
  return Math.min(feedPace.failingMs, isBusy ? feedPace.calmMs : feedPace.failingMs, pause);
}
