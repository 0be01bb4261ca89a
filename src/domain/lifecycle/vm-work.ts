// A VM and its job. GitHub's word binds (I2); what the guest says of a job is a hint, for the guest is root and may lie.

import type { JobId } from '../ids.ts';
import type { Handler, Moment } from './cell.ts';
import { unchanged } from './cell.ts';
import type { Ask, Outcome } from './effects.ts';
import type { VmEvent } from './events.ts';
import type { Vm } from './vm.ts';
import { rulesForBusy } from './vm.ts';
import { bury, change, noted, withoutRelease } from './vm-change.ts';

type On<K extends VmEvent['kind']> = Handler<Vm, Extract<VmEvent, { kind: K }>>;
type AboutJob = Extract<VmEvent, { kind: 'job-bound' | 'job-completed' }>;

/** The guest says that a job began. Nothing is bound, but the VM is not given back while this stands. */
export const takeHint: On<'guest-job-started'> = (vm, event, moment) =>
  change(vm, { ...vm, jobHint: event.jobName }, event, moment, {
    ...(vm.state === 'idle' && vm.release === undefined && { patience: moment.timing.hintedMs }),
    data: { jobHint: event.jobName },
  });

/** GitHub named this VM's runner with a job. */
export const bind: On<'job-bound'> = (vm, event, moment) => {
  if (vm.job === event.job) return unchanged(vm);
  if (vm.job !== undefined) return conflict(vm, event, moment);
  return change(vm, { ...withoutRelease(vm), state: 'busy', job: event.job }, event, moment, {
    data: { job: event.job },
  });
};

/** GitHub says that the VM's job is over. The runner gets a grace period to end by itself. */
export const complete: On<'job-completed'> = (vm, event, moment) => {
  if (vm.job !== undefined && vm.job !== event.job) return conflict(vm, event, moment);
  if (vm.jobCompletedAt !== undefined) return unchanged(vm);
  const next: Vm = { ...withoutRelease(vm), state: 'busy', job: event.job, jobCompletedAt: moment.now };
  return change(vm, next, event, moment, { data: { job: event.job } });
};

/** The host is silent, but GitHub is not: the VM will be busy when its host is back. */
export const bindUnseen: Handler<Vm, AboutJob> = (vm, event, moment) => {
  if (vm.job !== undefined && vm.job !== event.job) return conflict(vm, event, moment);
  const completed = event.kind === 'job-completed' && vm.jobCompletedAt === undefined;
  if (vm.job === event.job && !completed) return unchanged(vm);
  const next: Vm = { ...withoutRelease(vm), before: 'busy', job: event.job };
  return change(vm, completed ? { ...next, jobCompletedAt: moment.now } : next, event, moment, {
    data: { job: event.job },
  });
};

/** A short job can be over, and its VM gone, before GitHub's delivery names the two. */
export const bindLate: Handler<Vm, AboutJob> = (vm, event, moment) => {
  const fits = vm.tombstone !== undefined && rulesForBusy.has(vm.tombstone.rule);
  if (vm.job === undefined ? !fits : vm.job !== event.job) return conflict(vm, event, moment);
  const completed = event.kind === 'job-completed' && vm.jobCompletedAt === undefined;
  if (vm.job === event.job && !completed) return unchanged(vm);
  const next: Vm = { ...vm, job: event.job, ...(completed && { jobCompletedAt: moment.now }) };
  return change(vm, next, event, moment, { data: { job: event.job } });
};

/** GitHub speaks of another job than we hold, or of one where none can be. It is written down and read again, never rebound. */
function conflict(vm: Vm, event: AboutJob, moment: Moment): Outcome<Vm> {
  const outcome = noted(vm, moment.now, 'conflict', {
    said: event.kind,
    job: event.job,
    ...(vm.job !== undefined && { holds: vm.job }),
  });
  return {
    ...outcome,
    asks: [{ what: { kind: 'read-job', job: event.job }, delay: moment.timing.jobUndecidedMs }],
  };
}

/** The guest's own word that its runner ended: with a job done, evicted by GitHub, or broken (rule b of docs/architecture.md). */
export const endRunner: On<'runner-ended'> = (vm, event, moment) => {
  const { ranJob, code } = event;
  const neverListened = (vm.state === 'starting' || vm.state === 'booted') && !ranJob && code !== 0;
  const ended: Vm = {
    ...vm,
    runnerEnded: { ranJob, code, at: moment.now },
    ...(neverListened && {
      failure: { reason: `the runner ended with code ${code} before it listened`, owner: 'bellows' },
    }),
  };
  const reason = ranJob ? 'the runner ended after its job' : `the runner ended without a job (code ${code})`;
  return bury(vm, ended, { rule: 'runner-ended', reason }, event, moment, {
    later: ranJob && vm.job === undefined ? [readNow(vm.cause)] : readOf(vm, moment),
    data: { ranJob, code },
  });
};

/** It ran a job of which GitHub has told nothing so far: most likely the one that it was made for. */
const readNow = (job: JobId): Ask => ({ what: { kind: 'read-job', job }, delay: 0 });

/**
 * The read that an end without GitHub's word calls for. Not at once: as a rule `completed` is a moment behind the VM's own
 * end, and a read before it would cost a call for each job and seem to have mended something.
 */
export function readOf({ job, jobCompletedAt }: Vm, { timing }: Moment): readonly Ask[] {
  return job === undefined || jobCompletedAt !== undefined
    ? []
    : [{ what: { kind: 'read-job', job }, delay: timing.jobEndReadMs }];
}

/** Late words of the guest after the order to destroy: kept for the record. */
export const recordEnd: On<'runner-ended'> = (vm, event, moment) => {
  if (vm.runnerEnded !== undefined) return unchanged(vm);
  const { ranJob, code } = event;
  return change(vm, { ...vm, runnerEnded: { ranJob, code, at: moment.now } }, event, moment, {
    data: { ranJob, code },
  });
};
