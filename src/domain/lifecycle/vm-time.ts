// What happens when a state is past its time (I7). `transitionVm` has made sure that the deadline is really due.

import { between } from '../time.ts';
import type { Handler, Moment } from './cell.ts';
import type { Effect, Outcome } from './effects.ts';
import type { VmEvent } from './events.ts';
import type { Vm, VmFailure } from './vm.ts';
import { bury, change } from './vm-change.ts';
import { askAgain, beginRelease, idleTooLong } from './vm-release.ts';
import { readOf } from './vm-work.ts';

type Deadline = Extract<VmEvent, { kind: 'deadline' }>;
type Due = Handler<Vm, Deadline>;

/**
 * Whoever plans looks again for all that wait. So this is for a look that was never asked for: it is asked for in time, unless
 * one comes anyway, and ever more rarely, since thousands may wait for hours.
 */
export const placeAgain: Due = (vm, event, moment) => {
  const { requestedMs, requestedLongestMs } = moment.timing;
  return change(vm, vm, event, moment, {
    later: [{ what: { kind: 'place' }, delay: requestedMs }],
    patience: Math.min(Math.max(requestedMs, between(vm.since, moment.now)), requestedLongestMs),
  });
};

/** The host never began. The VM does not move to another host: two could start it then (I2). */
export const giveUpHost: Due = (vm, event, moment) => {
  const reason = 'its host did not start it in time';
  return bury(
    vm,
    { ...vm, failure: { reason, owner: 'host' } },
    { rule: 'never-registered', reason },
    event,
    moment,
  );
};

/** The guest is silent. It may still be late and get a job, so that it is given back and not simply destroyed. */
export const giveUpGuest: Due = (vm, event, moment) =>
  hardStop(vm, event, moment) ??
  pressOn(vm, event, moment) ??
  fail(vm, event, moment, { reason: 'its guest did not answer in time', owner: 'bellows' });

/** A runner without its registration has nothing to listen with: then the guest is not to blame, but who did not register it. */
export const giveUpRunner: Due = (vm, event, moment) =>
  hardStop(vm, event, moment) ??
  pressOn(vm, event, moment) ??
  fail(vm, event, moment, vm.runnerId === undefined ? unregistered : deaf);

const unregistered: VmFailure = { reason: 'GitHub did not register its runner in time', owner: 'github' };
const deaf: VmFailure = { reason: 'its runner did not listen in time', owner: 'bellows' };

const fail = (vm: Vm, event: Deadline, moment: Moment, failure: VmFailure): Outcome<Vm> =>
  beginRelease(vm, event, moment, failure.reason, failure);

/** Nobody gave it a job. When its guest says otherwise the verdict keeps it, and has the job read. */
export const endIdling: Due = (vm, event, moment) =>
  hardStop(vm, event, moment) ?? pressOn(vm, event, moment) ?? beginRelease(vm, event, moment, idleTooLong);

/** The grace period is over, or the hard deadline is near or past. */
export const endWork: Due = (vm, event, moment) => {
  const stop = hardStop(vm, event, moment) ?? endGrace(vm, event, moment);
  if (stop !== undefined) return stop;
  const left = (vm.hardDeadline ?? moment.now) - moment.now;
  return change(vm, vm, event, moment, {
    as: 'hard-deadline-near',
    later: readOf(vm, moment),
    patience: Math.max(left, moment.timing.releaseRetryMs),
    data: { leftMs: left },
  });
};

/** The order to destroy was not proved done: it is sent again. Room is not given back without the proof. */
export const orderAgain: Due = (vm, event, moment) =>
  change(vm, vm, event, moment, {
    effects: pushTo(vm),
    patience: moment.timing.stoppingMs,
    data: { late: true },
  });

/** The host is still silent. Its VM stays; meanwhile GitHub is asked, so that nothing hangs on the host alone. */
export const lookPastHost: Due = (vm, event, moment) => {
  const stop = hardStop(vm, event, moment) ?? endGrace(vm, event, moment);
  if (stop !== undefined) return stop;
  const patience = moment.timing.unknownMs;
  if (vm.job !== undefined) return change(vm, vm, event, moment, { later: readOf(vm, moment), patience });
  if (vm.before === 'placed') return giveUpHost(vm, event, moment);
  // An idle runner on a silent host could be given a job that nobody sees: it is deleted, the VM is not.
  const release = vm.release ?? { why: 'its host is silent', startedAt: moment.now };
  return change(vm, { ...vm, release }, event, moment, {
    effects: release.deletion === undefined ? [{ kind: 'delete-runner', vm: vm.id }] : [],
    patience,
  });
};

function hardStop(vm: Vm, event: Deadline, moment: Moment): Outcome<Vm> | undefined {
  if (vm.hardDeadline === undefined || moment.now < vm.hardDeadline) return undefined;
  const reason = 'it reached its hard deadline';
  return bury(vm, vm, { rule: 'hard-deadline', reason }, event, moment, { later: readOf(vm, moment) });
}

function endGrace(vm: Vm, event: Deadline, moment: Moment): Outcome<Vm> | undefined {
  if (vm.jobCompletedAt === undefined) return undefined;
  return bury(
    vm,
    vm,
    { rule: 'job-completed', reason: 'its job is completed and the grace period is over' },
    event,
    moment,
  );
}

const pressOn = (vm: Vm, event: Deadline, moment: Moment): Outcome<Vm> | undefined =>
  vm.release === undefined ? undefined : askAgain(vm, event, moment);

const pushTo = (vm: Vm): readonly Effect[] =>
  vm.host === undefined ? [] : [{ kind: 'push-host', host: vm.host }];
