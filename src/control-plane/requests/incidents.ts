// Incidents as one caller may see them: those with jobs of their own accounts, and of their evidence only those jobs (I9).

import { type Caller, ownersSeen, sees } from '../../domain/access/caller.ts';
import { accountsOf, type Evidence, type Incident, reasonsIn } from '../../domain/attribution/incident.ts';
import { ownerWords, phaseRules } from '../../domain/attribution/owners.ts';
import type { Subject } from '../../domain/attribution/sample.ts';
import { verdictOf } from '../../domain/attribution/verdict.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import { days, type Instant, instantOf, toIso } from '../../domain/time.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { ApiIncident } from '../../wire/api/incidents.ts';
import type { RequestDeps } from './deps.ts';
import { describePage, describeWord } from './github-status.ts';
import { isFor } from './hosts.ts';

/** Beyond so many, one more changes nothing of the answer. */
const mostOpen = 100;

type Deps = Pick<RequestDeps, 'store' | 'clock'>;

export async function listIncidents(
  { store, clock }: Deps,
  { query }: RequestOf<'listIncidents'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'listIncidents'>>> {
  const now = clock.now();
  const owner = query.owner?.toLowerCase();
  const isOther = owner !== undefined && !sees(caller, owner);
  const seen = { ...ownersSeen(caller), ...(owner !== undefined && { owners: isOther ? [] : [owner] }) };
  const filter = {
    ...seen,
    ...(query.open !== undefined && { open: true as const }),
    ...(query.whose !== undefined && { whose: query.whose }),
    ...(query.days !== undefined && { since: instantOf(now - days(query.days)) }),
  };
  const { incidents, open, feed, hosts } = await store.transaction(async (tx) => ({
    hosts: hostsSeen(await tx.hosts.list(), caller),
    feed: await tx.loops.get('github-status'),
    incidents: await tx.attribution.incidents(filter, query.limit),
    open: await tx.attribution.incidents({ ...seen, open: true }, mostOpen),
  }));
  const describe = (incident: Incident) => describeIncident(incident, { caller, hosts, now });
  return answered({
    now: toIso(now),
    verdict: verdictFor(open.map(describe)),
    incidents: incidents.map(describe),
    ...(feed !== undefined && feed.off !== true && { statusPage: describePage(feed) }),
  });
}

/** By what the caller may see of each: a member's verdict is about their own jobs. */
function verdictFor(open: readonly ApiIncident[]) {
  const { side, owners, words } = verdictOf(
    open.map(({ subject, name, ...one }) => ({ ...one, subject, ...(subject.includes(':') && { name }) })),
  );
  return { side, owners: [...owners], words };
}

export async function getIncident(
  { store, clock }: Deps,
  { params }: RequestOf<'getIncident'>,
  caller: Caller,
): Promise<ApiAnswer<AnswerOf<'getIncident'>>> {
  const { incident, hosts } = await store.transaction(async (tx) => ({
    incident: await tx.attribution.incident(params.incident),
    hosts: hostsSeen(await tx.hosts.list(), caller),
  }));
  if (incident === undefined || !isSeen(incident, caller))
    return refused(
      404,
      'No such incident',
      `We know no incident ${params.incident}. See them: bellows incidents`,
    );
  const now = clock.now();
  return answered({ now: toIso(now), incident: describeIncident(incident, { caller, hosts, now }) });
}

export const wordsFor = (what: Evidence['what']): string =>
  what === 'failures' ? 'failures' : phaseRules[what].words;

const isSeen = (incident: Incident, caller: Caller): boolean =>
  caller.reach === 'all' || accountsOf(incident).some((account) => sees(caller, account));

interface Look {
  caller: Caller;
  /** By their subjects: the names of those that the caller sees. */
  hosts: ReadonlyMap<string, string>;
  now: Instant;
}

const hostsSeen = (hosts: readonly Host[], caller: Caller): Look['hosts'] =>
  new Map(hosts.filter((host) => isFor(caller, host)).map(({ id, name }) => [`host:${id}`, name]));

/** Operators know one that is removed by its id. */
function named(subject: Subject, { caller, hosts }: Look): Pick<ApiIncident, 'subject' | 'name'> {
  if (subject === 'all') return { subject, name: 'everything' };
  const name = hosts.get(subject);
  if (name !== undefined) return { subject, name };
  return subject.startsWith('host:') && caller.reach !== 'all'
    ? { subject: 'host', name: 'a host' }
    : { subject, name: subject.slice(subject.indexOf(':') + 1) };
}

function describeIncident(incident: Incident, look: Look): ApiIncident {
  const { id, owner, subject, since, openedAt, closedAt, ending, evidence } = incident;
  const { caller, now } = look;
  return {
    ...{ id, owner, ...named(subject, look) },
    whose: ownerWords[owner],
    since: toIso(since),
    openedAt: toIso(openedAt),
    ...(closedAt !== undefined && { closedAt: toIso(closedAt) }),
    ...(ending !== undefined && { ending }),
    evidence: evidence.map((one) => describeEvidence(one, caller)).filter(({ jobs }) => jobs > 0),
    ...describeWord(incident, now),
  };
}

function describeEvidence(evidence: Evidence, caller: Caller): ApiIncident['evidence'][number] {
  const { what, usualMs, seenMs, usualRate, seenRate, ratio } = evidence;
  const reasons = reasonsIn(evidence, (account) => sees(caller, account));
  const accounts = Object.entries(evidence.accounts)
    .filter(([account]) => sees(caller, account))
    .map(([account, jobs]) => ({ account, jobs }));
  return {
    what,
    words: wordsFor(what),
    ...(usualMs !== undefined && { usualMs }),
    ...(seenMs !== undefined && { seenMs }),
    ...(usualRate !== undefined && { usualRate }),
    ...(seenRate !== undefined && { seenRate }),
    ratio,
    jobs: caller.reach === 'all' ? evidence.jobs : accounts.reduce((sum, { jobs }) => sum + jobs, 0),
    accounts,
    ...(reasons.length > 0 && { reasons }),
    examples: evidence.examples
      .filter(({ account }) => sees(caller, account))
      .map(({ at, ...example }) => ({ ...example, at: toIso(at) })),
  };
}
