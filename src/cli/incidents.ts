import type { CallOf } from '../wire/api/endpoints.ts';
import type { ApiIncident } from '../wire/api/incidents.ts';
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
      text: [`Is it us? ${value.verdict.words}`, ...tableOf(value.incidents, value.now)].join('\n\n'),
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
    incident.subject,
    what,
    usualMs === undefined ? percent(usualRate) : inSeconds(usualMs),
    seenMs === undefined ? percent(seenRate) : inSeconds(seenMs),
    ratio.toFixed(1),
    String(jobs),
  ]);

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const percent = (rate: number | undefined): string =>
  rate === undefined ? '' : `${Math.round(rate * 100)} %`;
