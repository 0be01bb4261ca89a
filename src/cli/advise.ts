import type { ApiAdvice } from '../wire/api/advice.ts';
import type { CallOf } from '../wire/api/endpoints.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';

export type AdviseQuery = NonNullable<CallOf<'advise'>['query']>;

/** `bellows advise` */
export const advise =
  (query: AdviseQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('advise', { query }), (value) => ({
      ok: true,
      json: value,
      text:
        value.advice.length === 0
          ? 'No job was measured that would do with less.'
          : [
              table(
                [
                  'repository',
                  'workflow',
                  'job',
                  'asks for',
                  'would do',
                  'runs',
                  'used at most',
                  'on average',
                  'network in / out',
                ],
                value.advice.map(row),
              ),
              `All ${value.count} together: ${cpus(value.frees.milliCpus)} processors and ${gib(value.frees.memoryMib)} GiB more would have been free on average.`,
            ].join('\n\n'),
    }));

const row = ({
  repository,
  workflow,
  name,
  label,
  advised,
  runs,
  peaks,
  means,
  traffic,
}: ApiAdvice): string[] => [
  ...[repository, workflow, name, label, advised, String(runs)],
  `${cpus(peaks.cpuPercent * 10)} cpu, ${gib(peaks.memoryMib)} GiB, disk ${gib(peaks.diskMib)} GiB`,
  means === undefined ? '' : `${cpus(means.cpuPercent * 10)} cpu, ${gib(means.memoryMib)} GiB`,
  traffic === undefined ? '' : `${mb(traffic.receivedBytes)} / ${mb(traffic.sentBytes)} MB`,
];

const mb = (bytes: number): string => String(Math.round(bytes / 1e5) / 10);
const cpus = (milli: number): string => String(Math.round(milli / 100) / 10);
const gib = (mib: number): string => String(Math.round(mib / 102.4) / 10);
