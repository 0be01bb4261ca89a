// Counts jobs that were over before the insights were kept, or that somebody deleted from them. Each is counted as it is known
// now and by difference, so that it may run while others count, end anywhere, and run again.

import { jobId } from '../../domain/ids.ts';
import { finishedJob } from '../../domain/insights/finished-job.ts';
import { type Instant, instantOf, toIso } from '../../domain/time.ts';
import { type ApiAnswer, answered } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { RequestDeps } from './deps.ts';

const atOnce = 200;

export async function recount(
  { store }: Pick<RequestDeps, 'store'>,
  { body }: RequestOf<'recount'>,
): Promise<ApiAnswer<AnswerOf<'recount'>>> {
  const from = body.after && { at: timeOf(body.after.at), id: jobId(body.after.id) };
  const { counted, last } = await store.transaction(async (tx) => {
    const jobs = await tx.jobs.list({ states: ['done', 'foreign', 'lost'] }, atOnce, from);
    // By id, as everybody who locks several does.
    for (const { id } of jobs.toSorted((a, b) => a.id - b.id)) {
      const job = await tx.jobs.lockRow(id);
      if (job !== undefined) tx.insights.record(id, finishedJob(job));
    }
    return { counted: jobs.length, last: jobs.length < atOnce ? undefined : jobs.at(-1) };
  });
  return answered({ counted, ...(last && { next: { at: toIso(last.firstSeenAt), id: last.id } }) });
}

const timeOf = (text: string): Instant => instantOf(Date.parse(text));
