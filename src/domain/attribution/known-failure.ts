// Why a job failed, from what is kept of it: what its host and guest said, else what its log told when it was looked at.

import type { HistoryLine } from '../lifecycle/effects.ts';
import {
  type ClassifiedFailure,
  classifyFailure,
  type FailureFound,
  failureClasses,
  failureFound,
} from './failure-class.ts';
import { endWordsOf, type Known } from './measure.ts';
import type { MissingPiece } from './missing-pieces.ts';

/** The line of the job's history that says what its log told; its data is a `FailureFound`. */
export const logRead = 'log-read';

/** Undefined of a job that did not fail. */
export function knownFailure({ job, jobLines, vm, vmLines }: Known): ClassifiedFailure | undefined {
  const conclusion = job.knowledge.completed?.conclusion;
  if (conclusion !== 'failure' && conclusion !== 'timed_out') return undefined;
  const byVm = classifyFailure({ conclusion, vmWords: endWordsOf(vm, vmLines), logTail: [] });
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
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, name, package: named }: Record<string, unknown> = { ...value };
  if ((kind !== 'command' && kind !== 'library') || typeof name !== 'string') return undefined;
  return { kind, name, ...(typeof named === 'string' && { package: named }) };
}
