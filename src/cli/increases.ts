import type { CallOf } from '../wire/api/endpoints.ts';
import type { ApiIncrease, ApiJobRun } from '../wire/api/usage.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';
import { lasting } from './tally-columns.ts';

export type IncreaseQuery = NonNullable<CallOf<'increases'>['query']>;
export type JobRunQuery = NonNullable<CallOf<'jobRuns'>['query']>;

/** `bellows increases` */
export const increases =
  (query: IncreaseQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('increases', { query }), (value) => ({
      ok: true,
      json: value,
      text:
        value.increases.length === 0
          ? 'No job takes longer than it did.'
          : [
              table(
                ['repository', 'workflow', 'job', 'usual', 'now', 'growth', 'weeks'],
                value.increases.map(row),
              ),
              ...(value.count > value.increases.length
                ? [`There are ${value.count} in all: raise --percent or --limit.`]
                : []),
              'What changed: bellows runs <repository> <workflow> <job>',
            ].join('\n\n'),
    }));

const row = ({ repository, workflow, name, usualMs, nowMs, percent, weeks }: ApiIncrease): string[] => [
  repository,
  workflow,
  name,
  lasting(usualMs),
  lasting(nowMs),
  `+${percent} %`,
  weeks.map(({ averageMs }) => lasting(averageMs)).join(', '),
];

/** `bellows runs` */
export const jobRuns =
  (query: JobRunQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('jobRuns', { query }), (value) => ({
      ok: true,
      json: value,
      text: table(
        ['day', 'job', 'took', 'waited', 'commit', 'size', 'image', 'host', 'changed'],
        value.runs.map(runRow),
      ),
    }));

const runRow = ({ endedAt, job, ms, waitMs, sha, size, image, host, changed }: ApiJobRun): string[] => [
  endedAt.slice(0, 10),
  String(job),
  lasting(ms),
  lasting(waitMs),
  sha.slice(0, 7),
  size,
  (image ?? '').replace('sha256:', '').slice(0, 12),
  host ?? '',
  changed.join(', '),
];
