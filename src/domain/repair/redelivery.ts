// Which webhooks to ask for again. GitHub lists its attempts of three days; what none of our databases has seen is lost, also
// where GitHub believes that somebody took it. All of this is a state that one walk after another adds to.

import type { DeliveryGuid, InstallationId } from '../ids.ts';
import type { DurationMs, Instant } from '../time.ts';
import { after, between, days, hours, instantOf, minutes, seconds } from '../time.ts';

export const redeliveryPolicy = {
  /** Between two walks. */
  everyMs: minutes(2),
  /** How long GitHub lists an attempt and makes it again (docs, "Redelivering webhooks"). */
  windowMs: days(3),
  /** A younger attempt may still be under way: GitHub waits 10 s for us, and its book is a little late. */
  raceMs: seconds(90),
  /** How far a walk goes back beyond the beginning of the last one. */
  overlapMs: minutes(15),
  /** Now and then a walk goes back all the way: a late attempt may stand among old ones. */
  deepEveryMs: hours(6),
  /** How much one round does, so that it holds its lease for seconds only and leaves GitHub's limits to others. */
  pagesAtOnce: 10,
  asksAtOnce: 25,
  /** A round asks no further after this time: well within the first pause, when another round may ask for the same. */
  askingMs: seconds(30),
  /** Between two rounds while there is more to do: 150 requests a minute, of GitHub's 180. */
  roundMs: seconds(10),
  /** How many lost ones are kept in mind; the walk waits while there are more. */
  mostLost: 2_000,
  longestPauseMs: hours(1),
} as const;

/** An attempt of GitHub's to deliver a webhook. */
export interface Attempt {
  id: number;
  guid: DeliveryGuid;
  event: string;
  /** Absent for what is about the App itself, such as its `ping`. */
  installation?: InstallationId;
  deliveredAt: Instant;
  /** Somebody asked for it. */
  redelivery: boolean;
}

export interface Lost {
  guid: DeliveryGuid;
  /** GitHub's newest attempt: the one to repeat. */
  attempt: number;
  installation?: InstallationId;
  /** The oldest attempt that we know of. */
  firstAt: Instant;
  /** How often we asked. */
  asks: number;
  nextAskAt: Instant;
  /** GitHub's own first attempt was seen. Redeliveries alone tell of something that is out of its reach by now. */
  original: boolean;
  /** GitHub does not repeat it. Kept in mind, so that no later walk begins anew. */
  givenUp?: true;
}

export interface RedeliveryState {
  /** Raised by each write, so that of two who walk at the same time one notices. */
  revision: number;
  /** When the last complete walk began, and the last one that went back all the way. */
  walkedAt?: Instant;
  deepAt?: Instant;
  /** A walk that is not over: where it goes on, and how far. */
  walk?: { startedAt: Instant; backTo: Instant; cursor?: string };
  lost: readonly Lost[];
}

export const nothingWalked: RedeliveryState = { revision: 0, lost: [] };

/** What can be asked for again usefully. */
const servedEvents: ReadonlySet<string> = new Set(['workflow_job']);

/** The state with a walk under way: the one that was, unless it was left lying for long, or a new one. */
export function beginWalk(state: RedeliveryState, now: Instant): RedeliveryState & { walk: Walk } {
  const { walk, walkedAt, deepAt } = state;
  const { windowMs, overlapMs, deepEveryMs } = redeliveryPolicy;
  if (walk !== undefined && between(walk.startedAt, now) < deepEveryMs) return { ...state, walk };
  const isDeep = walkedAt === undefined || deepAt === undefined || between(deepAt, now) >= deepEveryMs;
  const backTo = isDeep ? after(now, -windowMs) : after(walkedAt, -overlapMs);
  return { ...state, walk: { startedAt: now, backTo } };
}

type Walk = NonNullable<RedeliveryState['walk']>;

/** The walk begins anew: GitHub does not know its cursor any more. */
export function dropWalk({ walk: _walk, ...rest }: RedeliveryState): RedeliveryState {
  return rest;
}

/** The state after one page. @param known those of its GUIDs that are in our store. */
export function takePage(
  state: RedeliveryState & { walk: Walk },
  page: { attempts: readonly Attempt[]; next?: string },
  known: ReadonlySet<DeliveryGuid>,
  now: Instant,
): RedeliveryState {
  const lost = new Map(state.lost.map((one) => [one.guid, one]));
  for (const attempt of page.attempts) {
    if (known.has(attempt.guid) || !servedEvents.has(attempt.event)) continue;
    if (between(attempt.deliveredAt, now) > redeliveryPolicy.windowMs) continue;
    lost.set(attempt.guid, withAttempt(lost.get(attempt.guid), attempt));
  }
  const { walk, ...rest } = state;
  // A late attempt may stand among old ones, so one that is young enough is reason to go on.
  const isOver = page.attempts.every(({ deliveredAt }) => deliveredAt < walk.backTo);
  const taken = { ...rest, lost: [...lost.values()] };
  if (page.next !== undefined && !isOver) return { ...taken, walk: { ...walk, cursor: page.next } };
  const isDeep = between(walk.backTo, walk.startedAt) >= redeliveryPolicy.windowMs;
  return { ...taken, walkedAt: walk.startedAt, ...(isDeep && { deepAt: walk.startedAt }) };
}

/** All attempts of one GUID are one loss. Whatever GitHub does about it right now is waited for. */
function withAttempt(before: Lost | undefined, attempt: Attempt): Lost {
  const { id, guid, installation, deliveredAt, redelivery } = attempt;
  const settledAt = after(deliveredAt, redeliveryPolicy.raceMs);
  return {
    guid,
    attempt: Math.max(id, before?.attempt ?? 0),
    ...(installation !== undefined && { installation }),
    firstAt: instantOf(Math.min(deliveredAt, before?.firstAt ?? deliveredAt)),
    asks: before?.asks ?? 0,
    nextAskAt: instantOf(Math.max(settledAt, before?.nextAskAt ?? settledAt)),
    original: !redelivery || before?.original === true,
    ...(before?.givenUp && { givenUp: true }),
  };
}

/** The state without those that have arrived. */
export const withoutArrived = (
  state: RedeliveryState,
  known: ReadonlySet<DeliveryGuid>,
): RedeliveryState => ({
  ...state,
  lost: state.lost.filter(({ guid }) => !known.has(guid)),
});

export interface Decision {
  state: RedeliveryState;
  /** To be asked for now; in `state` they are asked for already, so that nobody else does. Oldest first. */
  ask: readonly Lost[];
  /** Out of GitHub's reach; no longer in `state`. */
  tooOld: readonly Lost[];
}

/** @param may which of them may be asked for in this round. */
export function decide(state: RedeliveryState, now: Instant, may: (lost: Lost) => boolean): Decision {
  const { windowMs, asksAtOnce } = redeliveryPolicy;
  const isOut = ({ firstAt }: Lost): boolean => between(firstAt, now) > windowMs;
  const reachable = state.lost.filter((one) => !isOut(one));
  const ask = reachable
    .filter((one) => isOpen(one) && one.nextAskAt <= now && may(one))
    .sort((a, b) => a.firstAt - b.firstAt || a.attempt - b.attempt)
    .slice(0, asksAtOnce);
  const chosen = new Set(ask.map(({ guid }) => guid));
  const lost = reachable.map((one) => (chosen.has(one.guid) ? askedFor(one, now) : one));
  return { state: { ...state, lost }, ask, tooOld: state.lost.filter((one) => isOut(one) && isOpen(one)) };
}

const isOpen = ({ original, givenUp }: Lost): boolean => original && givenUp === undefined;

const askedFor = (one: Lost, now: Instant): Lost => ({
  ...one,
  asks: one.asks + 1,
  nextAskAt: after(now, pauseAfter(one.asks + 1)),
});

/** 1, 2, 4 … 60 min. */
export const pauseAfter = (asks: number): DurationMs =>
  Math.min(redeliveryPolicy.longestPauseMs, minutes(1) * 2 ** Math.min(asks - 1, 10));

type Guids = ReadonlySet<DeliveryGuid>;

/** The state after asks that did not get through: they do not count, and come again at `at`. */
export const askAgainAt = (state: RedeliveryState, guids: Guids, at: Instant): RedeliveryState =>
  changed(state, guids, (one) => ({ ...one, asks: Math.max(0, one.asks - 1), nextAskAt: at }));

export const giveUp = (state: RedeliveryState, guids: Guids): RedeliveryState =>
  changed(state, guids, (one) => ({ ...one, givenUp: true }));

const changed = (state: RedeliveryState, guids: Guids, change: (one: Lost) => Lost): RedeliveryState => ({
  ...state,
  lost: state.lost.map((one) => (guids.has(one.guid) ? change(one) : one)),
});

/** Whether so many are lost that the walk had better wait. */
export const hasEnough = ({ lost }: RedeliveryState): boolean =>
  lost.filter(isOpen).length >= redeliveryPolicy.mostLost;

/** How long until there is something to do. */
export function pauseUntilNext(state: RedeliveryState, now: Instant): DurationMs {
  const { everyMs, roundMs } = redeliveryPolicy;
  if (state.walk !== undefined && !hasEnough(state)) return roundMs;
  const asks = state.lost.filter(isOpen).map(({ nextAskAt }) => between(now, nextAskAt));
  return Math.max(roundMs, Math.min(everyMs, ...asks));
}
