// Folds what is over into what is usual, judges what is overdue, and opens and closes incidents. It runs among the repair loops, which are rows that
// any process may take; it mends nothing.

import type { Incident } from '../../domain/attribution/incident.ts';
import { awaitsItsLog, type Known } from '../../domain/attribution/known-failure.ts';
import { samplesOfEnd, samplesOfStart, samplesOfVm } from '../../domain/attribution/measure.ts';
import { defaultRules } from '../../domain/attribution/rules.ts';
import type { Sample } from '../../domain/attribution/sample.ts';
import { observe } from '../../domain/attribution/watch.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import { scopeKey } from '../../domain/scope.ts';
import { type Instant, minutes, seconds } from '../../domain/time.ts';
import type { NumberedNote } from '../../ports/incident-tables.ts';
import type { Transaction } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';
import { hasFailed } from '../effects/ask-for-log.ts';
import type { RepairLoop } from '../repair/loop.ts';
import { openPhases } from './open-phases.ts';

const roundMs = minutes(1);
/** Nothing was over, nothing goes on and no incident is open: nobody is in a hurry. */
const calmRoundMs = minutes(5);
/** What did not fit into a round comes in the next one. */
const mostNotes = 500;
/** Lines of one job or VM; the phases are in the first ones of few. */
const mostLines = 200;
/** Incidents that may still be open, or come back. */
const mostIncidents = 200;

export const attributionLoop: RepairLoop = {
  kind: 'attribution',
  async run(deps, { owner }) {
    // Whoever wants one account mended wants nothing judged: the usual is that of all.
    if (owner !== undefined) return { mended: [], nextInMs: calmRoundMs };
    const now = deps.clock.now();
    const { full, calm, news } = await deps.store.transaction((tx) => round(tx, deps.settings, now));
    for (const { id, owner: whose, subject, closedAt, ending } of news) {
      if (closedAt === undefined) deps.log.warn('incident opened', { incident: id, owner: whose, subject });
      else deps.log.info('incident closed', { incident: id, owner: whose, subject, ending });
    }
    return { mended: [], nextInMs: full ? seconds(1) : calm ? calmRoundMs : roundMs };
  },
};

interface Round {
  full: boolean;
  calm: boolean;
  news: readonly Incident[];
}

async function round(
  tx: Transaction,
  { readLogs }: Pick<Deps['settings'], 'readLogs'>,
  now: Instant,
): Promise<Round> {
  await tx.lock('repair:attribution');
  const notes = await tx.attribution.notes(mostNotes);
  const incidents = await tx.attribution.incidents({}, mostIncidents);
  const vms = await tx.vms.allLive();
  const isCalm = incidents.every(({ closedAt }) => closedAt !== undefined);
  if (notes.length === 0 && vms.length === 0 && isCalm) return { full: false, calm: true, news: [] };
  const { samples, judged } = await samplesOf(tx, notes, (known) => readLogs && awaitsItsLog(known, now));
  const streams = await tx.attribution.streams();
  const open = await openPhases(tx, vms, streams, now);
  const seen = observe({ streams, incidents: incidents.toReversed() }, now, samples, defaultRules, open);
  await tx.attribution.putStreams(seen.streams);
  for (const incident of seen.incidents) await tx.attribution.putIncident(incident);
  await tx.attribution.forget(judged);
  const news = seen.incidents.filter(({ openedAt, closedAt }) => openedAt === now || closedAt === now);
  // What GitHub's status page says of them is asked at once.
  if (news.length > 0) {
    await tx.tasks.enqueue({ kind: 'repair', loop: 'github-status' }, now);
    tx.wake('tasks');
  }
  return { full: judged.length === mostNotes, calm: false, news };
}

/** @param isEarly of these more will be known at the next round; their notes are left for it. */
async function samplesOf(
  tx: Transaction,
  notes: readonly NumberedNote[],
  isEarly: (known: Known) => boolean,
): Promise<{ samples: readonly Sample[]; judged: readonly number[] }> {
  const samples: Sample[] = [];
  const judged: number[] = [];
  for (const note of notes) {
    const known = await knownOf(tx, note);
    if (known !== undefined && note.kind !== 'started' && isEarly(known)) continue;
    judged.push(note.number);
    // A restored database may know of neither.
    if (known !== undefined) samples.push(...measureOf[note.kind](known));
  }
  return { samples, judged };
}

const measureOf: Readonly<Record<NumberedNote['kind'], (known: Known) => readonly Sample[]>> = {
  started: samplesOfStart,
  ended: samplesOfEnd,
  gone: samplesOfVm,
};

async function knownOf(tx: Transaction, note: NumberedNote): Promise<Known | undefined> {
  const noted = note.kind === 'ended' ? undefined : await tx.vms.get(note.vm);
  const id = note.kind === 'gone' ? (noted?.job ?? noted?.cause) : note.job;
  const job = id === undefined ? undefined : await tx.jobs.get(id);
  if (job === undefined) return undefined;
  const runner = job.knowledge.runner?.name;
  const vm =
    noted ?? (runner === undefined ? undefined : await tx.vms.byRunnerName(scopeKey(job.scope), runner));
  return {
    job,
    jobLines: note.kind === 'started' || hasFailed(job) ? await linesOf(tx, { kind: 'job', id: job.id }) : [],
    ...(vm !== undefined && { vm }),
    vmLines: vm === undefined ? [] : await linesOf(tx, { kind: 'vm', id: vm.id }),
  };
}

const linesOf = (tx: Transaction, subject: HistoryLine['subject']): Promise<readonly HistoryLine[]> =>
  tx.history.of(subject, mostLines);
