// Incidents as alerts: what to say when one is open, and how it ended.

import { type Ending, type Incident, reasonsIn } from '../attribution/incident.ts';
import { verdictOf } from '../attribution/verdict.ts';
import { isOfGitHub, sentenceOf } from '../github-status/cross-check.ts';
import type { Host } from '../scheduling/host.ts';
import { between, type Instant, minutes } from '../time.ts';

export const incidentRules = ['github-incident', 'incident', 'workflow-incident'] as const;
export type IncidentRule = (typeof incidentRules)[number];

/** The workflow's have a rule of their own: they are seldom an operator's affair. */
export const ruleOf = (incident: Incident): IncidentRule =>
  isOfGitHub(incident) ? 'github-incident' : incident.owner === 'workflow' ? 'workflow-incident' : 'incident';

/** `host host:rack-1`; the same for the same thing, so that what comes and goes is told seldom. */
export const nameOfIncident = ({ owner, subject }: Incident): string =>
  subject === 'all' ? owner : `${owner} ${subject}`;

/** Whose it is, by what figures, and what GitHub's status page says of it. */
export function textOf(
  incident: Incident,
  hosts: readonly Pick<Host, 'id' | 'name'>[],
  now: Instant,
): string {
  const { owner, subject } = incident;
  const name = hosts.find(({ id }) => subject === `host:${id}`)?.name;
  const evidence = incident.evidence.map((one) => ({ ...one, reasons: reasonsIn(one) }));
  const { words } = verdictOf([{ owner, subject, evidence, ...(name !== undefined && { name }) }]);
  return sentences(`Is it us? ${words}`, sentenceOf(incident, now));
}

export function endOf(incident: Incident, now: Instant): string {
  const { since, closedAt = now, ending = 'calm' } = incident;
  const count = Math.max(1, Math.round(between(since, closedAt) / minutes(1)));
  const lasted = `It lasted for ${count === 1 ? 'a minute' : `${count} minutes`}; ${endings[ending]}.`;
  return sentences(lasted, sentenceOf(incident, now));
}

const endings: Readonly<Record<Ending, string>> = {
  calm: 'all is as usual again',
  silence: 'nothing has come for hours that would show it',
  usual: 'it counts as the usual from now on',
};

const sentences = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined).join(' ');
