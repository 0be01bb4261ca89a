// When something that is wrong is told: once, not at once, together with what else is, and once more when it is over. The state
// is one row that all control planes share, so that none tells what another has told.

import { after, between, type DurationMs, type Instant, minutes, seconds } from '../time.ts';
import type { AlertRule, Trouble } from './rules.ts';

export interface Alert extends Trouble {
  since: Instant;
  /** When it was told; absent while it is too young, or waits for the next message. */
  toldAt?: Instant;
  /** Since when it is not seen any more. */
  clearSince?: Instant;
  /** How it ended, where somebody knows. */
  how?: string;
}

export interface Told {
  state: 'firing' | 'over';
  rule: AlertRule | 'test';
  subject: string;
  text: string;
  since: Instant;
  /** How it ended, where somebody knows; with `over`. */
  how?: string;
}

export interface AlertMessage {
  /** The same in each attempt to send it. */
  id: string;
  at: Instant;
  items: readonly Told[];
}

/** A message for one sender that has not got it yet. */
export interface Outgoing {
  message: AlertMessage;
  sender: string;
  attempts: number;
  /** Nobody sends it before: whoever takes it moves this on. */
  dueAt: Instant;
}

export interface AlertState {
  lookedAt: Instant;
  /** By rule and subject. */
  alerts: Readonly<Record<string, Alert>>;
  /** No alert of this key is told again before. */
  quietUntil: Readonly<Record<string, Instant>>;
  lastMessageAt?: Instant;
  messages: number;
  outbox: readonly Outgoing[];
  /** Messages that were given up, for being too old or too many. */
  givenUp: number;
}

export const noAlerts = (now: Instant): AlertState => ({
  lookedAt: now,
  alerts: {},
  quietUntil: {},
  messages: 0,
  outbox: [],
  givenUp: 0,
});

export const alertTimes = {
  /** What is shorter is not told, nor is an end that does not last. */
  holdMs: minutes(1),
  clearMs: minutes(2),
  /** Between two messages, so that what comes in a storm comes in one. */
  gapMs: minutes(1),
  /** After an alert is over, before the same is told again. */
  quietMs: minutes(15),
  /** A message that could not be sent for so long is of no use any more. */
  giveUpMs: minutes(240),
} as const;

const mostOutgoing = 100;

export const alertKey = ({ rule, subject }: Pick<Trouble, 'rule' | 'subject'>): string =>
  `${rule} ${subject}`;

/**
 * The state after a look, with what is to be sent by each of `senders`.
 * @param ends how what is not seen any more has ended, as `text`.
 */
export function told(
  before: AlertState,
  troubles: readonly Trouble[],
  now: Instant,
  senders: readonly string[],
  ends: readonly Trouble[] = [],
): AlertState {
  const seen = seenNow(before, { troubles, ends }, now);
  const mayTell =
    before.lastMessageAt === undefined || between(before.lastMessageAt, now) >= alertTimes.gapMs;
  const items = mayTell ? itemsOf(seen, before.quietUntil, now) : [];
  const state: AlertState = { ...before, lookedAt: now, alerts: seen };
  if (items.length === 0) return withoutForgotten(state, now);
  const message: AlertMessage = { id: `alert-${before.messages + 1}-${now}`, at: now, items };
  const spoken = markTold(state, items, now);
  return withOutgoing({ ...spoken, lastMessageAt: now, messages: before.messages + 1 }, message, senders);
}

function seenNow(
  { alerts }: AlertState,
  { troubles, ends }: { troubles: readonly Trouble[]; ends: readonly Trouble[] },
  now: Instant,
): Readonly<Record<string, Alert>> {
  const hows = new Map(ends.map((end) => [alertKey(end), end.text]));
  const seen: Record<string, Alert> = {};
  for (const trouble of troubles) {
    const known = alerts[alertKey(trouble)];
    const { clearSince: _, how: _how, ...rest } = known ?? { since: now };
    seen[alertKey(trouble)] = { ...rest, ...trouble };
  }
  for (const [key, alert] of Object.entries(alerts)) {
    // What was never told ends without a word.
    if (seen[key] !== undefined || alert.toldAt === undefined) continue;
    const how = hows.get(key) ?? alert.how;
    seen[key] = { ...alert, clearSince: alert.clearSince ?? now, ...(how !== undefined && { how }) };
  }
  return seen;
}

function itemsOf(
  alerts: AlertState['alerts'],
  quietUntil: AlertState['quietUntil'],
  now: Instant,
): readonly Told[] {
  return Object.entries(alerts).flatMap(
    ([key, { rule, subject, text, since, toldAt, clearSince, how }]): Told[] => {
      if (clearSince !== undefined)
        return between(clearSince, now) >= alertTimes.clearMs
          ? [{ state: 'over', rule, subject, text, since, ...(how !== undefined && { how }) }]
          : [];
      const isQuiet = (quietUntil[key] ?? now) > now;
      return toldAt === undefined && !isQuiet && between(since, now) >= alertTimes.holdMs
        ? [{ state: 'firing', rule, subject, text, since }]
        : [];
    },
  );
}

function markTold(state: AlertState, items: readonly Told[], now: Instant): AlertState {
  const alerts = { ...state.alerts };
  const quietUntil = { ...state.quietUntil };
  for (const item of items) {
    if (item.rule === 'test') continue;
    const key = alertKey({ rule: item.rule, subject: item.subject });
    const alert = alerts[key];
    if (item.state === 'over') {
      delete alerts[key];
      quietUntil[key] = after(now, alertTimes.quietMs);
    } else if (alert !== undefined) alerts[key] = { ...alert, toldAt: now };
  }
  return withoutForgotten({ ...state, alerts, quietUntil }, now);
}

const withoutForgotten = (state: AlertState, now: Instant): AlertState => ({
  ...state,
  quietUntil: Object.fromEntries(Object.entries(state.quietUntil).filter(([, until]) => until > now)),
});

/** Puts a message into the outbox, once for each sender. The oldest go when it is full. */
export function withOutgoing(
  state: AlertState,
  message: AlertMessage,
  senders: readonly string[],
): AlertState {
  const fresh = senders.map((sender): Outgoing => ({ message, sender, attempts: 0, dueAt: message.at }));
  const all = [...state.outbox, ...fresh];
  const outbox = all.slice(-mostOutgoing);
  return { ...state, outbox, givenUp: state.givenUp + all.length - outbox.length };
}

/** The n-th attempt's successor: 10 s, 20 s … 10 min, counted from when it was taken. */
export const pauseAfter = (attempts: number): DurationMs =>
  Math.min(minutes(10), seconds(10) * 2 ** Math.min(attempts - 1, 10));

/** Takes what is due, so that nobody else sends it for a while; what is too old is given up. */
export function taken(
  state: AlertState,
  now: Instant,
  senders: ReadonlySet<string>,
): { state: AlertState; due: readonly Outgoing[] } {
  const young = state.outbox.filter(({ message }) => between(message.at, now) < alertTimes.giveUpMs);
  const due: Outgoing[] = [];
  const outbox = young.map((outgoing) => {
    if (outgoing.dueAt > now || !senders.has(outgoing.sender)) return outgoing;
    const attempts = outgoing.attempts + 1;
    const next = { ...outgoing, attempts, dueAt: after(now, pauseAfter(attempts)) };
    due.push(next);
    return next;
  });
  const givenUp = state.givenUp + state.outbox.length - young.length;
  return { state: { ...state, outbox, givenUp }, due };
}

/** It was sent. */
export const without = (state: AlertState, { message, sender }: Outgoing): AlertState => ({
  ...state,
  outbox: state.outbox.filter((other) => other.message.id !== message.id || other.sender !== sender),
});
