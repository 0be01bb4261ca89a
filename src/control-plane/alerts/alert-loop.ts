// Looks for what is wrong and sends word of it. Any number of control planes do so on one database: what was told, and what is
// still to be sent, is one row under a lock, and who takes a message keeps the others off it for a while. So a message is
// sent at least once, whoever dies, and seldom twice.

import { incidentRules } from '../../domain/alerts/incident-words.ts';
import {
  type AlertLook,
  type AlertRule,
  alertLimits,
  endsIn,
  troublesIn,
} from '../../domain/alerts/rules.ts';
import {
  type AlertMessage,
  type AlertState,
  noAlerts,
  type Outgoing,
  taken,
  told,
  withOutgoing,
  without,
} from '../../domain/alerts/tell.ts';
import type { Incident } from '../../domain/attribution/incident.ts';
import { after, between, type DurationMs, type Instant, seconds } from '../../domain/time.ts';
import type { AlertSender } from '../../ports/alert-sender.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';

export interface AlertDeps extends Pick<Deps, 'store' | 'clock' | 'log'> {
  settings: Pick<Deps['settings'], 'capacity'>;
  senders: readonly AlertSender[];
  /** Rules that the operator has switched off. */
  off: ReadonlySet<AlertRule>;
}

export const lookEveryMs: DurationMs = seconds(15);
/** The oldest jobs are looked at; that none of so many could run while a younger one can is rare. */
const queuedLooked = 500;
const tokensLooked = 500;
const lostLooked = 500;
const incidentsLooked = 50;

/** One round; gives the pause until the next. */
export async function alertStep(deps: AlertDeps): Promise<DurationMs> {
  const now = deps.clock.now();
  const names = deps.senders.map(({ name }) => name);
  const due = await deps.store.transaction(async (tx) => {
    await tx.lock('alerts');
    const before = (await tx.loops.get('alerts')) ?? noAlerts(now);
    const isFresh = between(before.lookedAt, now) < lookEveryMs / 2 && before.lookedAt < now;
    const looked = isFresh ? before : await lookAndTell(tx, deps, before, now);
    const { state, due } = taken(looked, now, new Set(names));
    await tx.loops.put('alerts', state);
    return due;
  });
  for (const outgoing of due) await sendOne(deps, outgoing);
  return lookEveryMs;
}

async function lookAndTell(
  tx: Transaction,
  deps: AlertDeps,
  before: AlertState,
  now: Instant,
): Promise<AlertState> {
  const seen = await look(tx, deps, before, now);
  const names = deps.senders.map(({ name }) => name);
  return told(before, troublesIn(seen, deps.off), now, names, endsIn(seen));
}

async function look(
  tx: Transaction,
  { settings }: AlertDeps,
  before: AlertState,
  now: Instant,
): Promise<AlertLook> {
  const since = after(now, -alertLimits.latelyMs);
  const counts = await tx.repairs.count({ since });
  const lost = await tx.repairs.list({ kinds: ['vm-replaced'], since }, { limit: lostLooked });
  const certificate = await tx.loops.get('certificate');
  return {
    now,
    ...(certificate !== undefined && { certificate }),
    queued: await tx.jobs.allQueued(queuedLooked),
    hosts: await tx.hosts.list(),
    vms: await tx.vms.allLive(),
    lost,
    repairs: Object.values(counts).reduce((sum, count) => sum + count, 0),
    tokens: await tx.apiTokens.list({}, tokensLooked),
    capacity: settings.capacity,
    incidents: await incidentsFor(tx, before),
  };
}

/** Those that are open, and the newest, whatever became of them, when some were told: one of these may be over. */
async function incidentsFor(tx: Transaction, { alerts }: AlertState): Promise<readonly Incident[]> {
  const open = await tx.attribution.incidents({ open: true }, incidentsLooked);
  const wasTold = Object.values(alerts).some(({ rule }) => incidentRules.some((one) => one === rule));
  const newest = wasTold ? await tx.attribution.incidents({}, incidentsLooked) : [];
  // Of one thing that was there several times, the newest comes last and is the one that counts.
  return [...newest.filter(({ closedAt }) => closedAt !== undefined).toReversed(), ...open];
}

/** What fails stays in the outbox, where its next time was written when it was taken. */
async function sendOne({ store, senders, log }: AlertDeps, outgoing: Outgoing): Promise<void> {
  const { message, sender: name, attempts } = outgoing;
  const sender = senders.find((one) => one.name === name);
  if (sender === undefined) return;
  try {
    await sender.send(message);
  } catch (error) {
    log.warn('an alert could not be sent', { alert: message.id, sender: name, attempts, error });
    return;
  }
  log.info('alert sent', { alert: message.id, sender: name, items: message.items.length });
  await store.transaction(async (tx) => {
    await tx.lock('alerts');
    const state = await tx.loops.get('alerts');
    if (state !== undefined) await tx.loops.put('alerts', without(state, outgoing));
  });
}

/** A message to try every sender with; it goes the same way as any other. */
export async function askForTest(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  senders: readonly string[],
) {
  const now = clock.now();
  const message: AlertMessage = {
    id: `test-${now}`,
    at: now,
    items: [
      { state: 'firing', rule: 'test', subject: '', text: 'This is a test. Nothing is wrong.', since: now },
    ],
  };
  await store.transaction(async (tx) => {
    await tx.lock('alerts');
    const before = (await tx.loops.get('alerts')) ?? noAlerts(now);
    await tx.loops.put('alerts', withOutgoing(before, message, senders));
  });
  return message.id;
}
