// Why a job failed, for whoever looks at it: judged anew each time from what is known now, so that better rules tell more of
// old jobs too.

import { classifyFailure } from '../../domain/attribution/failure-class.ts';
import { endWordsOf } from '../../domain/attribution/measure.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { ApiFailure } from '../../wire/api/jobs.ts';

/** Nothing of a job that did not fail. */
export function failureIn(
  job: Job,
  vm: Vm | undefined,
  vmLines: readonly HistoryLine[],
): { failure?: ApiFailure } {
  const conclusion = job.knowledge.completed?.conclusion;
  if (conclusion !== 'failure' && conclusion !== 'timed_out') return {};
  const vmWords = endWordsOf(vm, vmLines);
  return { failure: classifyFailure({ conclusion, vmWords, logTail: [] }) };
}
