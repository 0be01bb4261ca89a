import type { CallOf } from '../wire/api/endpoints.ts';
import type { ApiIncident, ApiStatusPage } from '../wire/api/incidents.ts';
import { age } from './age.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';

export type IncidentQuery = NonNullable<CallOf<'listIncidents'>['query']>;

/** `bellows incidents` */
export const incidents =
  (query: IncidentQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('listIncidents', { query }), (value) => ({
      ok: true,
      json: value,
      text: [
        `Is it us? ${value.verdict.words}`,
        ...tableOf(value.incidents, value.now),
        ...reasonsOf(value.incidents, value.now),
        ...witnessOf(value.incidents, value.now),
        ...(value.statusPage === undefined ? [] : [pageLine(value.statusPage, value.now)]),
      ].join('\n\n'),
    }));

const tableOf = (found: readonly ApiIncident[], now: string): readonly string[] =>
  found.length === 0
    ? []
    : [
        table(
          ['began', 'state', 'it is', 'of', 'what', 'usual', 'seen', 'times', 'jobs'],
          found.flatMap((incident) => rowsOf(incident, now)),
        ),
      ];

const rowsOf = (incident: ApiIncident, now: string): string[][] =>
  incident.evidence.map(({ what, usualMs, seenMs, usualRate, seenRate, ratio, jobs }) => [
    `${age(incident.since, now)} ago`,
    incident.closedAt === undefined ? 'open' : `over (${incident.ending ?? ''})`,
    incident.whose,
    incident.name,
    what,
    usualMs === undefined ? percent(usualRate) : inSeconds(usualMs),
    seenMs === undefined ? percent(seenRate) : inSeconds(seenMs),
    ratio.toFixed(1),
    String(jobs),
  ]);

/** Of those with failures, by what jobs failed. */
function reasonsOf(found: readonly ApiIncident[], now: string): readonly string[] {
  const lines = found.flatMap(({ since, whose, subject, name, evidence }) =>
    evidence.flatMap(({ reasons = [] }) =>
      reasons.length === 0
        ? []
        : [
            `${age(since, now)} ago, ${whose}${subject === 'all' ? '' : ` (${name})`}: failed by ${reasons.map(({ words, jobs }) => `${words} (${jobs})`).join(', ')}`,
          ],
    ),
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}

/** What GitHub's status page says of each. */
function witnessOf(found: readonly ApiIncident[], now: string): readonly string[] {
  const lines = found.flatMap(({ since, whose, subject, name, githubStatus }) =>
    githubStatus === undefined
      ? []
      : [`${age(since, now)} ago, ${whose}${subject === 'all' ? '' : ` (${name})`}: ${githubStatus.words}`],
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function pageLine({ state, readAt, why, troubles }: ApiStatusPage, now: string): string {
  const read = readAt === undefined ? 'never read' : `read ${age(readAt, now)} ago`;
  if (state === 'unreachable') return `GitHub's status page cannot be read: ${why ?? 'unknown'}; ${read}.`;
  const told = troubles.map(
    ({ component, status, toldAt, title, url }) =>
      `\n  ${component}: ${status.replaceAll('_', ' ')} for ${age(toldAt, now)}${title === undefined ? '' : `: ${title}`}${url === undefined ? '' : ` ${url}`}`,
  );
  return troubles.length === 0
    ? `GitHub's status page tells of no trouble, ${read}.`
    : `GitHub's status page tells, ${read}:${told.join('')}`;
}

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const percent = (rate: number | undefined): string =>
  rate === undefined ? '' : `${Math.round(rate * 100)} %`;
