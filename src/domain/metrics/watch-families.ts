// What is watched besides jobs and hosts: incidents, GitHub's status page, and tokens that run out.

import { type Owner, owners } from '../attribution/owners.ts';
import { type FeedState, openTroubles } from '../github-status/feed-state.ts';
import { neededComponents } from '../github-status/page.ts';
import { between, type Instant } from '../time.ts';
import { type Family, gauge } from './family.ts';

export interface WatchLook {
  /** Of incidents that are open. */
  incidents: readonly { owner: Owner }[];
  /** Absent when the page was never read, or is switched off. */
  feed?: FeedState;
  /** When the certificate of our public address ends; absent when it was never read. */
  certificateEndsAt?: Instant | undefined;
  tokens: readonly { id: string; expiresAt: Instant; revokedAt?: Instant }[];
}

export function watchFamilies(look: WatchLook, now: Instant): readonly Family[] {
  const { incidents, feed, certificateEndsAt, tokens } = look;
  const broken = new Set(feed === undefined ? [] : openTroubles(feed).map(({ component }) => component));
  return [
    gauge(
      'bellows_open_incidents',
      'Incidents that are open, by whose they are.',
      owners.map((whose) => ({
        labels: { whose },
        value: incidents.filter(({ owner }) => owner === whose).length,
      })),
    ),
    gauge(
      'bellows_github_status_page_up',
      "Whether GitHub's status page could be read the last time.",
      feed === undefined ? [] : [{ labels: {}, value: feed.failures === 0 ? 1 : 0 }],
    ),
    gauge(
      'bellows_github_status_page_age_seconds',
      "Since GitHub's status page was read.",
      feed?.readAt === undefined
        ? []
        : [{ labels: {}, value: Math.max(0, between(feed.readAt, now)) / 1000 }],
    ),
    gauge(
      'bellows_github_status_trouble',
      "Whether GitHub's status page tells of trouble in a component that runners or jobs need.",
      feed === undefined
        ? []
        : neededComponents.map((component) => ({
            labels: { component },
            value: broken.has(component) ? 1 : 0,
          })),
    ),
    gauge(
      'bellows_public_certificate_remaining_seconds',
      'Until the certificate of our public address ends, below zero when it has.',
      certificateEndsAt === undefined ? [] : [{ labels: {}, value: between(now, certificateEndsAt) / 1000 }],
    ),
    gauge(
      'bellows_api_token_remaining_seconds',
      'Until an API token runs out; those that have, or were revoked, are not there.',
      tokens
        .filter(({ expiresAt, revokedAt }) => revokedAt === undefined && expiresAt > now)
        .map(({ id, expiresAt }) => ({ labels: { token: id }, value: between(now, expiresAt) / 1000 })),
    ),
  ];
}
