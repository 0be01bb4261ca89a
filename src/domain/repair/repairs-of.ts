// Which repairs a change of a VM or a job was. Read off the change itself, so that no handler has to think of it and none can
// forget: what left the supply without a job, and what the API had to tell us.

import type { JobEvent, VmEvent } from '../lifecycle/events.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { idleTooLong } from '../lifecycle/vm-release.ts';
import { isSupply } from '../scheduling/supply.ts';
import { scopeOwner } from '../scope.ts';
import type { Instant } from '../time.ts';
import type { Repair, VmLoss } from './repair.ts';

/**
 * A VM may leave the supply more than once, when its host comes back or GitHub keeps its runner: each time another one may be
 * asked for, so each time is a repair. That makes "VMs asked for ≤ jobs + `vm-replaced`" hold.
 */
export function repairsOfVm(before: Vm, event: VmEvent, next: Vm, at: Instant): readonly Repair[] {
  const about = { at, subject: { kind: 'vm', id: next.id }, owner: scopeOwner(next.scope) } as const;
  const repairs: Repair[] = [];
  const loss = lossOf(before, event, next);
  if (loss !== undefined) {
    const reason = next.failure?.reason;
    const data = {
      job: next.cause,
      from: before.state,
      ...(next.host !== undefined && { host: next.host }),
      ...(reason !== undefined && { reason }),
    };
    repairs.push({ ...about, kind: 'vm-replaced', cause: loss, data });
  }
  const reason = reapedFor(before, next);
  if (reason !== undefined) {
    const data = next.job === undefined ? {} : { job: next.job };
    repairs.push({ ...about, kind: 'vm-reaped', cause: reason, data });
  }
  return repairs;
}

function lossOf(before: Vm, event: VmEvent, next: Vm): VmLoss | undefined {
  if (!isSupply(before) || isSupply(next) || next.job !== undefined) return undefined;
  switch (event.kind) {
    case 'host-silent':
      return 'host-silent';
    case 'host-failed':
    case 'proved-gone':
      return 'host-failed';
    case 'registration-refused':
      return 'registration-refused';
    case 'force':
      return 'forced';
    case 'disowned':
      return 'known-elsewhere';
    case 'job-bound':
    case 'job-completed':
      // One that begins to work has the job, and is no loss.
      return next.state === 'gone' ? 'known-elsewhere' : undefined;
    case 'runner-ended':
      // Which job it had GitHub has not told, so that one still counts as waiting.
      if (event.ranJob) return 'job-not-told';
      return next.failure === undefined ? 'runner-evicted' : 'runner-broke';
    case 'deadline':
      return lossInTime(before, next);
    default:
      return undefined;
  }
}

function lossInTime(before: Vm, next: Vm): VmLoss {
  if (next.tombstone?.rule === 'hard-deadline') return 'hard-deadline';
  switch (before.state) {
    case 'placed':
      return 'host-did-not-start-it';
    case 'starting':
      return 'guest-silent';
    case 'booted':
      return 'runner-never-listened';
    default:
      return 'idled-out';
  }
}

function reapedFor(before: Vm, next: Vm): string | undefined {
  if (next.tombstone === undefined || before.tombstone !== undefined) return undefined;
  if (next.tombstone.rule === 'hard-deadline') return 'hard-deadline';
  // Most runners hear of their deletion before their guest is asked, and end by themselves.
  const { why, deletion } = next.release ?? {};
  return why === idleTooLong && deletion?.answer === 'deleted' ? 'idle' : undefined;
}

/** @param by whether a read of this one job told, or the poll of its repository. */
export function repairsOfJob(
  before: Job,
  event: JobEvent,
  next: Job,
  at: Instant,
  by: 'read' | 'poll',
): readonly Repair[] {
  const wasRead = event.kind === 'read-missing' || (event.kind === 'heard' && event.fact.source === 'read');
  if (!wasRead || before.state === next.state) return [];
  return [
    {
      at,
      kind: by === 'poll' ? 'job-corrected-by-poll' : 'job-corrected-by-read',
      cause: before.undecided ? 'the webhooks did not decide' : 'a webhook is lost or late',
      subject: { kind: 'job', id: next.id },
      owner: scopeOwner(next.scope),
      data: { from: before.state, to: next.state },
    },
  ];
}

/** A job of which the poll told first. */
export function jobFoundByPoll(job: Job, at: Instant): Repair {
  return {
    at,
    kind: 'job-found-by-poll',
    cause: 'no webhook told of it',
    subject: { kind: 'job', id: job.id },
    owner: scopeOwner(job.scope),
    data: { state: job.state },
  };
}
