// The repair book: a row to count and a line in the history of whatever was mended, in the transaction of the mending.

import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import type { Repair, RepairSubject } from '../../domain/repair/repair.ts';
import type { Transaction } from '../../ports/store.ts';

export async function recordRepairs(
  tx: Pick<Transaction, 'repairs' | 'history'>,
  repairs: readonly Repair[],
): Promise<void> {
  if (repairs.length === 0) return;
  await tx.repairs.append(repairs);
  await tx.history.append(repairs.map(lineOf));
}

function lineOf({ at, kind, cause, subject, data }: Repair): HistoryLine {
  const own = subjectOf(subject);
  const what = own.kind === 'system' && { [subject.kind]: subject.id };
  return { at, subject: own, event: 'repaired', data: { repair: kind, cause, ...what, ...data } };
}

/** Runners, deliveries and tasks have no history of their own. */
function subjectOf(subject: RepairSubject): HistoryLine['subject'] {
  switch (subject.kind) {
    case 'job':
    case 'vm':
    case 'host':
      return subject;
    case 'runner':
    case 'delivery':
    case 'task':
      return { kind: 'system' };
  }
}
