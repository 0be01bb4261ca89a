// What GitHub's status page told, for the API. The page is public: whoever sees an incident sees it.

import type { Incident } from '../../domain/attribution/incident.ts';
import { aheadMs, sentenceOf } from '../../domain/github-status/cross-check.ts';
import { type FeedState, openTroubles } from '../../domain/github-status/feed-state.ts';
import type { FeedTrouble } from '../../domain/github-status/word.ts';
import { type Instant, toIso } from '../../domain/time.ts';
import type { ApiFeedTrouble, ApiIncident, ApiStatusPage } from '../../wire/api/incidents.ts';

export function describeWord(incident: Incident, now: Instant): Pick<ApiIncident, 'githubStatus'> {
  const words = sentenceOf(incident, now);
  if (incident.githubStatus === undefined || words === undefined) return {};
  const { says, troubles } = incident.githubStatus;
  const ahead = aheadMs(incident, now);
  const about = { says, words, troubles: troubles.map(describeTrouble) };
  return { githubStatus: { ...about, ...(ahead !== undefined && { aheadMs: ahead }) } };
}

export function describePage(feed: FeedState): ApiStatusPage {
  const { readAt, failures, why } = feed;
  return {
    state: failures === 0 ? 'read' : 'unreachable',
    ...(readAt !== undefined && { readAt: toIso(readAt) }),
    ...(why !== undefined && { why }),
    troubles: openTroubles(feed).map(describeTrouble),
  };
}

function describeTrouble({ toldAt, endedAt, ...trouble }: FeedTrouble): ApiFeedTrouble {
  return {
    ...trouble,
    toldAt: toIso(toldAt),
    ...(endedAt !== undefined && { endedAt: toIso(endedAt) }),
  };
}
