// Which repositories the poll reads now, and when it looks again. A lost webhook hurts most where a job waits for a VM, so
// repositories with queued jobs come first and often, those with other open jobs next, then those active lately, then the
// rest. As GitHub's rate limit shrinks everything backs off: the repositories with open jobs share four fifths of the pace,
// the others always keep the last fifth, so that none is forgotten.

import type { InstallationId, RepositoryId } from '../ids.ts';
import type { Job } from '../lifecycle/job.ts';
import type { DurationMs, Instant } from '../time.ts';
import { after, between, hours, instantOf, minutes } from '../time.ts';
import type { Allowance } from './allowance.ts';

export interface PollTarget {
  repository: RepositoryId;
  /** Jobs of ours that we hold queued, and all that we hold open. */
  queued: number;
  open: number;
  /** Runs that the open jobs belong to: each costs a call to list. */
  runs: number;
  lastActiveAt?: Instant;
  /** The last look failed, or saw something of which the webhook may have been on its way. */
  awaited?: boolean;
  /** When its last look began. */
  lastReadAt?: Instant;
}

export interface PollPace {
  /** Between two looks where a job is queued; where jobs are only running, twice that. */
  activeMs: DurationMs;
  /** Where jobs were within `memoryMs`. */
  latelyMs: DurationMs;
  /** Everywhere else. */
  allMs: DurationMs;
}

/** A repository of an account that we serve, as GitHub lists it. */
export interface ServedRepository {
  id: RepositoryId;
  /** `owner/name`. */
  fullName: string;
  installationId: InstallationId;
  private: boolean;
  fork: boolean;
  ownerKind: 'organization' | 'user';
}

/** The list of them, read now and then. */
export interface ServedRepositories {
  readAt: Instant;
  repositories: readonly ServedRepository[];
}

/** What the poll remembers of each repository, by its id. */
export interface PollState {
  looks: Readonly<Record<string, PolledLook>>;
}

export interface PolledLook {
  /** When it began. */
  at: Instant;
  /** It failed, or saw something of which the webhook may have been on its way. */
  awaited?: boolean;
  /** GitHub told all of the repository's open jobs. */
  whole?: boolean;
}

/**
 * Whether a look has settled lately that the job is at GitHub as we hold it: one that it did not list is read on its account, or on
 * that of the next look when there are too many. Only for what GitHub lists, and for `latelyMs`.
 */
export function wasListed(
  { state, undecided, since, firstSeenAt }: Pick<Job, 'state' | 'undecided' | 'since' | 'firstSeenAt'>,
  look: PolledLook | undefined,
  latelyMs: DurationMs,
  now: Instant,
): boolean {
  const isListed = (state === 'queued' || state === 'running') && !undecided;
  if (!isListed || look?.whole !== true) return false;
  return look.at > since && look.at > firstSeenAt && between(look.at, now) < latelyMs;
}

export interface PollPlan {
  /** In the order in which to read them. */
  read: readonly RepositoryId[];
  nextAt: Instant;
}

/** How long a repository counts as active lately. */
export const memoryMs: DurationMs = hours(24);
/** The part of the pace that repositories with open jobs may take while there are others. */
const hotShare = 0.8;
/** A look that is due for longer than this many of its pauses goes before all others. */
const patience = 2;
const shortestWindowMs: DurationMs = minutes(1);

type Tier = 'queued' | 'open' | 'lately' | 'rest';
const tiers: readonly Tier[] = ['queued', 'open', 'lately', 'rest'];

interface Ranked {
  target: PollTarget;
  tier: Tier;
  pauseMs: DurationMs;
  cost: number;
}

/** Two lists of runs and one of jobs for each open run: an upper bound, since answers that did not change cost nothing. */
export const costOf = ({ runs }: Pick<PollTarget, 'runs'>): number => 2 + runs;

/** @param targets the repositories of one installation, on which one allowance counts. */
export function planPoll(
  targets: readonly PollTarget[],
  allowance: Allowance,
  pace: PollPace,
  now: Instant,
): PollPlan {
  const ranked = stretched(
    targets.map((target) => rank(target, allowance, pace, now)),
    allowance,
    now,
  );
  const due = ranked.filter((entry) => dueAt(entry, now) <= now).sort(byUrgency(now));
  let left = allowance.calls;
  const read = new Set<RepositoryId>();
  for (const { target, cost } of due) {
    if (cost > left) continue;
    left -= cost;
    read.add(target.repository);
  }
  // What does not fit waits for the next window: there will be no more calls before.
  const next = ranked.map((entry) =>
    read.has(entry.target.repository)
      ? after(now, entry.pauseMs)
      : entry.cost > left
        ? Math.max(allowance.until, dueAt(entry, now))
        : dueAt(entry, now),
  );
  const nextAt = next.reduce((soonest, at) => Math.min(soonest, at), after(now, pace.allMs));
  return { read: [...read], nextAt: instantOf(Math.max(nextAt, now + 1)) };
}

function rank(target: PollTarget, allowance: Allowance, pace: PollPace, now: Instant): Ranked {
  const tier = tierOf(target, now);
  const pauseMs = { queued: pace.activeMs, open: 2 * pace.activeMs, lately: pace.latelyMs, rest: pace.allMs };
  return { target, tier, pauseMs: pauseMs[tier], cost: Math.min(costOf(target), allowance.wholeCalls) };
}

function tierOf({ queued, open, awaited, lastActiveAt }: PollTarget, now: Instant): Tier {
  if (queued > 0 || awaited === true) return 'queued';
  if (open > 0) return 'open';
  return lastActiveAt !== undefined && between(lastActiveAt, now) < memoryMs ? 'lately' : 'rest';
}

const isHot = ({ tier }: Ranked): boolean => tier === 'queued' || tier === 'open';

/** The entries with pauses so long that reading at that pace makes the calls last until there are new ones. */
function stretched(entries: readonly Ranked[], { calls, until }: Allowance, now: Instant): readonly Ranked[] {
  const affordable = calls / Math.max(between(now, until), shortestWindowMs);
  if (affordable === 0 || affordable === Number.POSITIVE_INFINITY) return entries;
  const wish = (some: readonly Ranked[]): number =>
    some.reduce((sum, { cost, pauseMs }) => sum + cost / pauseMs, 0);
  const hot = wish(entries.filter(isHot));
  const cold = wish(entries.filter((entry) => !isHot(entry)));
  const forHot = cold === 0 ? affordable : Math.max(affordable * hotShare, affordable - cold);
  const hotStretch = Math.max(1, hot / forHot);
  const forCold = affordable - hot / hotStretch;
  const coldStretch = Math.max(1, cold / forCold);
  return entries.map((entry) => ({
    ...entry,
    pauseMs: Math.ceil(entry.pauseMs * (isHot(entry) ? hotStretch : coldStretch)),
  }));
}

/** A repository that was never read is due at once. */
const dueAt = ({ target: { lastReadAt }, pauseMs }: Ranked, now: Instant): Instant =>
  lastReadAt === undefined ? now : after(lastReadAt, pauseMs);

/** First those that have waited far too long, then by tier, then by how many of their pauses they have waited. */
function byUrgency(now: Instant): (a: Ranked, b: Ranked) => number {
  const waited = ({ target: { lastReadAt }, pauseMs }: Ranked): number =>
    lastReadAt === undefined ? 1 : between(lastReadAt, now) / pauseMs;
  const starves = (entry: Ranked): number => (waited(entry) > patience ? 0 : 1);
  return (a, b) =>
    starves(a) - starves(b) ||
    (starves(a) === 0 ? 0 : tiers.indexOf(a.tier) - tiers.indexOf(b.tier)) ||
    waited(b) - waited(a) ||
    a.target.repository - b.target.repository;
}
