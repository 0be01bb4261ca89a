import type { CallOf } from '../wire/api/endpoints.ts';
import { age } from './age.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';

export type AuditQuery = NonNullable<CallOf<'listAudit'>['query']>;

/** `bellows audit` */
export const audit =
  (query: AuditQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('listAudit', { query }), (value) => ({
      ok: true,
      json: value,
      text:
        value.lines.length === 0
          ? 'Nobody has told us to do anything.'
          : [
              table(
                ['ago', 'who', 'from', 'what', 'answer', 'details'],
                value.lines.map((line) => [
                  age(line.at, value.now),
                  line.by,
                  line.from,
                  line.action,
                  line.status === undefined ? 'none' : String(line.status),
                  detailsOf(line.data),
                ]),
              ),
              ...(value.next === undefined ? [] : [`There are more: --before ${value.next}`]),
            ].join('\n\n'),
    }));

const detailsOf = (data: Readonly<Record<string, unknown>>): string =>
  Object.entries(data)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
