// Holds an incident of ours against what GitHub's status page told.

import type { Incident } from '../attribution/incident.ts';
import { after, type DurationMs, type Instant, minutes } from '../time.ts';
import type { FeedState } from './feed-state.ts';
import { neededBy } from './page.ts';
import type { FeedTrouble, GitHubWord } from './word.ts';

export const crossCheckTimes = {
  /** The page is often late: what it tells so soon after the end of an incident of GitHub's is still about that. */
  lateMs: minutes(30),
  /** And what it had just called over may still have caused it. */
  afterEffectMs: minutes(10),
  /** The page's silence counts for so long after it was read. */
  staleMs: minutes(15),
} as const;

type Checked = Pick<Incident, 'owner' | 'since' | 'openedAt' | 'closedAt'> & {
  readonly githubStatus?: GitHubWord | undefined;
};

export const isOfGitHub = ({ owner }: Pick<Incident, 'owner'>): boolean => owner.startsWith('github-');

/** Whether what the page tells may still change what is said of it. */
export const isChecked = ({ closedAt }: Pick<Incident, 'closedAt'>, now: Instant): boolean =>
  closedAt === undefined || now <= after(closedAt, crossCheckTimes.lateMs);

/** Undefined when the page is no witness: nothing is wrong there, and the incident is not GitHub's. */
export function crossCheck(incident: Checked, feed: FeedState, now: Instant): GitHubWord | undefined {
  const { owner, openedAt, closedAt, githubStatus: before } = incident;
  const found = feed.troubles.filter((trouble) => fits(incident, trouble));
  const [first] = found.map(({ toldAt }) => toldAt).sort((a, b) => a - b);
  if (first !== undefined) {
    const says = isOfGitHub({ owner }) ? 'same' : 'meanwhile';
    return { says, toldAt: first, troubles: found };
  }
  // The page has forgotten it since.
  if (before?.says === 'same' || before?.says === 'meanwhile') return before;
  if (!isOfGitHub({ owner })) return undefined;
  const end = closedAt ?? now;
  const isRead = feed.readAt !== undefined && feed.readAt >= Math.max(openedAt, staleBefore(end));
  if (isRead) return { says: 'nothing', troubles: [] };
  const { why } = feed;
  return { says: 'unreachable', troubles: [], ...(why !== undefined && { why }) };
}

const staleBefore = (end: Instant): Instant => after(end, -crossCheckTimes.staleMs);

function fits({ owner, since, closedAt }: Checked, { component, toldAt, endedAt }: FeedTrouble): boolean {
  if (!neededBy[owner].includes(component)) return false;
  const lateMs = isOfGitHub({ owner }) ? crossCheckTimes.lateMs : 0;
  const isBefore = endedAt !== undefined && endedAt < after(since, -crossCheckTimes.afterEffectMs);
  const isAfter = closedAt !== undefined && toldAt > after(closedAt, lateMs);
  return !isBefore && !isAfter;
}

/**
 * How long we had seen it before the page told of it, below zero when the page was first; while the page says nothing, how long
 * it has been silent. Undefined when there is nothing to compare.
 */
export function aheadMs({ openedAt, closedAt, githubStatus }: Checked, now: Instant): DurationMs | undefined {
  if (githubStatus?.says === 'same' && githubStatus.toldAt !== undefined)
    return githubStatus.toldAt - openedAt;
  return githubStatus?.says === 'nothing' ? (closedAt ?? now) - openedAt : undefined;
}

/** What the page says, as one sentence; undefined when it is no witness. */
export function sentenceOf(incident: Checked, now: Instant): string | undefined {
  const { githubStatus, closedAt } = incident;
  if (githubStatus === undefined) return undefined;
  const { says, troubles, why } = githubStatus;
  const ahead = aheadMs(incident, now) ?? 0;
  const what = troubles
    .map(({ component, status }) => `${component}: ${status.replaceAll('_', ' ')}`)
    .join(', ');
  switch (says) {
    case 'same':
      return `GitHub's status page says the same (${what}); ${whoWasFirst(ahead)}.`;
    case 'meanwhile':
      return `GitHub's status page tells of trouble at that time (${what}).`;
    case 'unreachable':
      return `GitHub's status page could not be read${why === undefined ? '' : `: ${why}`}.`;
    case 'nothing':
      return closedAt === undefined
        ? `GitHub's status page says nothing of it yet; we saw it ${inMinutes(ahead)} ago.`
        : "GitHub's status page said nothing of it.";
  }
}

function whoWasFirst(ahead: DurationMs): string {
  if (ahead >= minutes(1)) return `we saw it ${inMinutes(ahead)} before`;
  return ahead <= -minutes(1) ? `it did ${inMinutes(-ahead)} before us` : 'at the same time as we saw it';
}

function inMinutes(ms: DurationMs): string {
  const count = Math.floor(ms / minutes(1));
  return count === 1 ? 'a minute' : `${count} minutes`;
}
