// A check run of which our books do not know: a database that was restored has forgotten what was said since the backup. Who
// waited so long that it may have been said, and of whose end we hear late, may have one that nobody would end.

import type { Job } from '../lifecycle/job.ts';
import { between, type DurationMs, seconds } from '../time.ts';
import { graceMs } from './notice.ts';

/** A webhook takes seconds; what comes later was looked for. */
const lateMs: DurationMs = seconds(30);

/** Whether the wait is over, and there may be such a check run. */
export function mayBeLeftOpen(job: Job): boolean {
  const { before, started, completed } = job.knowledge;
  const end = started ?? completed;
  const newest = completed ?? started;
  if (end === undefined || newest === undefined || job.service.kind === 'foreign') return false;
  const hasWaited = before.queued === undefined || between(before.queued.asOf, end.at) >= graceMs;
  return hasWaited && between(newest.at, heardAt(job)) >= lateMs;
}

/** One that is refused stays in its state. */
const heardAt = ({ service, since, firstSeenAt }: Job): Job['since'] =>
  service.kind === 'ours' ? since : firstSeenAt;

/** Whether its wait may be over by what we have just learnt. */
export const hasJustBegun = (before: Job | undefined, now: Job): boolean =>
  isOver(now) && (before === undefined || !isOver(before));

const isOver = ({ knowledge: { started, completed } }: Job): boolean =>
  started !== undefined || completed !== undefined;
