import type { Instant } from '../time.ts';
import { between } from '../time.ts';
import type { Cell } from './cell.ts';
import { unchanged } from './cell.ts';
import type { Timing } from './deadlines.ts';
import type { Outcome } from './effects.ts';
import type { JobEvent } from './events.ts';
import { assertSoundJobStep } from './invariants.ts';
import type { Job, JobState } from './job.ts';
import { jobTable } from './job-table.ts';

/**
 * What becomes of a job by an event at `now`. Pure. `next` is the same object when there is nothing to write; the store
 * raises the version. A deadline that is not yet due (the state moved on since it was asked for) only asks again.
 */
export function transitionJob(job: Job, event: JobEvent, now: Instant, timing: Timing): Outcome<Job> {
  if (event.kind === 'deadline' && job.deadline !== undefined && now < job.deadline) {
    const delay = between(now, job.deadline);
    return { next: job, asks: [{ what: { kind: 'job-deadline', job: job.id }, delay }], history: [] };
  }
  const cell: Cell<Job, JobEvent, JobState> = jobTable[job.state][event.kind];
  if (cell.kind !== 'act') return unchanged(job);
  const outcome = cell.act(job, event, { now, timing });
  assertSoundJobStep(job, outcome.next);
  return outcome;
}
