// Why a job failed, from what is kept of it: what its host and guest said, else what its log told when it was looked at.

import type { HistoryLine } from '../lifecycle/effects.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { between, type Instant, seconds } from '../time.ts';
import {
  type ClassifiedFailure,
  classifyFailure,
  type FailureFound,
  failureClasses,
  failureFound,
} from './failure-class.ts';
import type { MissingPiece } from './missing-pieces.ts';

/** The line of the job's history that says what its log told; its data is a `FailureFound`. */
export const logRead = 'log-read';

export interface Known {
  job: Job;
  jobLines: readonly HistoryLine[];
  vm?: Vm;
  vmLines: readonly HistoryLine[];
}

/** What the host and its guest said of the VM's end. */
export function endWordsOf(vm: Vm | undefined, lines: readonly HistoryLine[]): readonly string[] {
  const words = lines.flatMap(({ data }) => [data.reason, data.finding]);
  return [...(vm?.failure ? [vm.failure.reason] : []), ...words.filter((word) => typeof word === 'string')];
}

/** Twice and more what GitHub takes until it has the log of a job that is over. */
const logPatienceMs = seconds(30);

/** Whether its log, which may tell whose failure it was, is to be had soon. */
export function awaitsItsLog(known: Known, now: Instant): boolean {
  const { completed, started } = known.job.knowledge;
  if (completed === undefined || started === undefined) return false;
  return (
    between(completed.at, now) < logPatienceMs &&
    knownFailure(known)?.class === 'workflow' &&
    foundIn(known.jobLines) === undefined
  );
}

/** Undefined of a job that did not fail. */
export function knownFailure({ job, jobLines, vm, vmLines }: Known): ClassifiedFailure | undefined {
  const conclusion = job.knowledge.completed?.conclusion;
  if (conclusion !== 'failure' && conclusion !== 'timed_out') return undefined;
  const byVm = classifyFailure({ vmWords: endWordsOf(vm, vmLines), logTail: [] });
  const byLog = byVm.class === 'workflow' ? foundIn(jobLines) : undefined;
  return byLog === undefined ? byVm : failureFound(byLog);
}

/** History is JSON that an older version may have written. */
function foundIn(lines: readonly HistoryLine[]): FailureFound | undefined {
  const data = lines.findLast(({ event }) => event === logRead)?.data;
  const found = failureClasses.find((one) => one === data?.class);
  if (found === undefined) return undefined;
  const missing = pieceIn(data?.missing);
  return { class: found, ...(missing !== undefined && { missing }) };
}

function pieceIn(value: unknown): MissingPiece | undefined {
  const { kind, name, package: named }: Record<string, unknown> = { ...(value as object) };
  if ((kind !== 'command' && kind !== 'library') || typeof name !== 'string') return undefined;
  return { kind, name, ...(typeof named === 'string' && { package: named }) };
}
