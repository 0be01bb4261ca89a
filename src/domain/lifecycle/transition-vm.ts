import type { ImageDigest, JobId, RunnerName, VmId } from '../ids.ts';
import type { LabelSet } from '../labels/label-set.ts';
import type { VmShape } from '../scheduling/shape.ts';
import type { Scope } from '../scope.ts';
import type { Instant } from '../time.ts';
import { after, between } from '../time.ts';
import type { Timing } from './deadlines.ts';
import type { Outcome } from './effects.ts';
import type { VmEvent } from './events.ts';
import { assertSoundVmStep } from './invariants.ts';
import type { Vm } from './vm.ts';
import { vmDeadline } from './vm-change.ts';
import { stepVm } from './vm-table.ts';

/** All that is decided about a VM before there is one. */
export interface VmRequest {
  id: VmId;
  scope: Scope;
  labels: LabelSet;
  shape: VmShape;
  image: ImageDigest;
  cause: JobId;
  attempt: number;
  runnerName: RunnerName;
}

/**
 * Asks for a VM: the row to insert, and a look for a host.
 * @param behind others of its scope and label set wait for a host already. They come first, so that there is no hurry: in a
 *   burst one look serves many.
 */
export function requestVm(request: VmRequest, now: Instant, timing: Timing, behind = false): Outcome<Vm> {
  const next: Vm = {
    ...request,
    state: 'requested',
    requestedAt: now,
    since: now,
    deadline: after(now, timing.requestedMs),
    version: 0,
  };
  const { cause, attempt, runnerName, labels, shape } = request;
  return {
    next,
    asks: [
      { what: { kind: 'place' }, delay: behind ? timing.behindMs : 0 },
      vmDeadline(next, timing.requestedMs),
    ],
    history: [
      {
        at: now,
        subject: { kind: 'vm', id: next.id },
        event: 'requested',
        data: { to: 'requested', cause, attempt, runnerName, labels, shape },
      },
    ],
  };
}

/**
 * What becomes of a VM by an event at `now`. Pure. `next` is the same object when there is nothing to write; the store raises
 * the version. A deadline that is not yet due (the state moved on since it was asked for) only asks again.
 */
export function transitionVm(vm: Vm, event: VmEvent, now: Instant, timing: Timing): Outcome<Vm> {
  if (event.kind === 'deadline' && vm.deadline !== undefined && now < vm.deadline) {
    return { next: vm, asks: [vmDeadline(vm, between(now, vm.deadline))], history: [] };
  }
  const outcome = stepVm(vm, event, { now, timing });
  assertSoundVmStep(vm, outcome.next);
  return outcome;
}
