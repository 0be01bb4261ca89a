// What the latest runs of a job used, as its page and `bellows jobs explain` show it: the same figures and the same advice as
// `bellows advise` gives for all jobs.

import { adviceFor, labelFor, sizeAmong } from '../../domain/insights/advice.ts';
import { wholeWeeks } from '../../domain/insights/calendar.ts';
import { clipped } from '../../domain/insights/finished-job.ts';
import { labelKey } from '../../domain/labels/label-set.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import { scopeOwner } from '../../domain/scope.ts';
import type { Instant } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import type { ApiMeasured } from '../../wire/api/jobs.ts';
import { averagesOf } from './advise.ts';

const days = 28;

/** Of the runs with the labels that this one asks for; nothing when none of them was measured. */
export async function measuredFor(
  tx: Transaction,
  job: Job,
  now: Instant,
): Promise<{ measured?: ApiMeasured }> {
  const found = await tx.insights.measured(wholeWeeks(now, days), {
    owners: [scopeOwner(job.scope)],
    repository: job.repository.fullName.toLowerCase(),
    workflow: clipped(job.workflowName),
    name: clipped(job.name),
  });
  // Of two sizes that one label had, the one that it had more often.
  const [most] = found
    .filter(({ labels }) => labels === labelKey(job.labels))
    .sort((a, b) => b.runs - a.runs || b.had.memoryMib - a.had.memoryMib);
  if (most === undefined) return {};
  const { runs, peaks, had } = most;
  const asked = sizeAmong(job.labels);
  const advice = adviceFor(had, peaks, runs);
  return {
    measured: {
      ...{ days, runs, peaks, ...averagesOf(most), has: had },
      ...(asked !== undefined && { label: asked.label }),
      ...(asked !== undefined &&
        advice !== undefined && {
          advised: labelFor(asked.prefix, asked.size, advice.size),
          frees: advice.frees,
        }),
    },
  };
}
