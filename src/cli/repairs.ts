import type { CallOf } from '../wire/api/endpoints.ts';
import type { ApiRepair } from '../wire/api/repairs.ts';
import { age } from './age.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';

export type RepairQuery = NonNullable<CallOf<'listRepairs'>['query']>;

/** `bellows repairs` */
export const repairs =
  (query: RepairQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('listRepairs', { query }), (value) => ({
      ok: true,
      json: value,
      text:
        value.repairs.length === 0
          ? 'Nothing had to be mended.'
          : [
              table(
                ['ago', ...head],
                value.repairs.map((repair) => [age(repair.at, value.now), ...columns(repair)]),
              ),
              table(['kind', 'in all'], countsOf(value.counts)),
              ...(value.next === undefined ? [] : [`There are more: --before ${value.next}`]),
            ].join('\n\n'),
    }));

/** `bellows repair`: fails when a loop could not do its work. */
export const repair =
  (owner: string | undefined): Command =>
  async (api) =>
    outcomeOf(
      await api.call('repairNow', { body: owner === undefined ? {} : { owner } }),
      ({ mended, failed }) => {
        const what = mended.length === 0 ? 'Nothing had to be mended.' : table(head, mended.map(columns));
        const json = { mended, failed };
        if (failed.length === 0) return { ok: true, text: what, json };
        const why = failed.map(({ loop, reason }) => `${loop} failed: ${reason}. It comes again by itself.`);
        return { ok: false, message: [what, '', ...why].join('\n'), json };
      },
    );

const head = ['repair', 'of', 'owner', 'cause', 'details'];

const columns = ({ kind, subject, owner, cause, data }: ApiRepair): string[] => [
  kind,
  `${subject.kind} ${subject.id}`,
  owner ?? '',
  cause,
  Object.entries(data)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' '),
];

const countsOf = (counts: Readonly<Record<string, number | undefined>>): string[][] =>
  Object.entries(counts)
    .filter(([, count]) => count !== undefined && count > 0)
    .map(([kind, count]) => [kind, String(count)]);
