import type { CallOf } from '../wire/api/endpoints.ts';
import type { ApiJob } from '../wire/api/jobs.ts';
import { age } from './age.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table, withNext } from './table.ts';

export type JobQuery = NonNullable<CallOf<'listJobs'>['query']>;

/** `bellows jobs` */
export const jobs =
  (query: JobQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('listJobs', { query }), (value) => ({
      ok: true,
      json: value,
      text:
        value.jobs.length === 0
          ? 'No jobs.'
          : withNext(
              table(
                head,
                value.jobs.map((job) => row(job, value.now)),
              ),
              value.next,
            ),
    }));

const head = ['job', 'repository', 'name', 'labels', 'state', 'for', 'vm', 'why it waits'];

const row = (job: ApiJob, now: string): string[] => [
  String(job.id),
  job.repository,
  job.name,
  job.labels.join(','),
  job.conclusion === undefined ? job.state : `${job.state}: ${job.conclusion}`,
  age(job.since, now),
  job.vm ?? job.runner ?? '',
  job.waitingFor,
];
