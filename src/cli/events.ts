import type { ApiEvent } from '../wire/api/jobs.ts';
import { timeOfDay } from './age.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';

/** `bellows events <job>` */
export const events =
  (job: number): Command =>
  async (api) =>
    outcomeOf(await api.call('jobEvents', { params: { job } }), (value) => ({
      ok: true,
      json: value,
      text: [
        `${value.job.repository} ${value.job.name} (${value.job.id}): ${value.job.conclusion ?? value.job.state}`,
        value.job.waitingFor,
        value.events.length === 0 ? 'Nothing has happened.' : table(head, rows(value.events)),
      ]
        .filter((line) => line !== '')
        .join('\n'),
    }));

const head = ['utc', 'after', 'of', 'event', 'details'];

/** The times between two lines are what one looks for: they stand in milliseconds. */
const rows = (all: readonly ApiEvent[]): string[][] =>
  all.map(({ at, subject, event, data }, i) => {
    const before = all[i - 1]?.at ?? at;
    const details = Object.entries(data).map(([name, value]) => `${name}=${asText(value)}`);
    return [timeOfDay(at), `${Date.parse(at) - Date.parse(before)} ms`, subject, event, details.join(' ')];
  });

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
