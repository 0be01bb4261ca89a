// Giving back a VM without a job: GitHub is asked to delete the runner, then the guest whether a worker lives, and the
// verdict decides (docs/architecture.md). Nothing here destroys by itself.

import type { DurationMs } from '../time.ts';
import { between } from '../time.ts';
import type { Handler, Moment } from './cell.ts';
import { unchanged } from './cell.ts';
import type { Effect, Outcome } from './effects.ts';
import type { VmEvent } from './events.ts';
import { verdictOn } from './verdict.ts';
import type { Vm, VmFailure } from './vm.ts';
import { bury, change, withoutRelease } from './vm-change.ts';

type On<K extends VmEvent['kind']> = Handler<Vm, Extract<VmEvent, { kind: K }>>;

/** The reason of a release for want of work: the back-off counts these. */
export const idleTooLong = 'no job came in time';

/** Nothing was started and nothing registered: the VM is gone with its row. */
export const withdraw: On<'release'> = (vm, event, moment) =>
  change(vm, { ...vm, state: 'gone' }, event, moment, { data: { why: event.why } });

/** No runner was ever asked for it, so nobody's consent is needed. */
export const recall: On<'release'> = (vm, event, moment) =>
  bury(vm, vm, { rule: 'never-registered', reason: event.why }, event, moment);

export const startRelease: On<'release'> = (vm, event, moment) =>
  vm.release === undefined ? beginRelease(vm, event, moment, event.why) : unchanged(vm);

/** `failure`: why it is no use, which makes it `failed` in the end unless it turns out to have a job. */
export function beginRelease(
  vm: Vm,
  event: VmEvent,
  moment: Moment,
  why: string,
  failure?: VmFailure,
): Outcome<Vm> {
  const next: Vm = {
    ...vm,
    release: { why, startedAt: moment.now },
    ...(failure !== undefined && { failure }),
  };
  return judge(vm, next, event, moment);
}

/** 204 once is consent: a 404 after it only says that the deletion was done. */
export const hearDeletion: On<'deletion-answered'> = (vm, event, moment) => {
  if (vm.release === undefined) return unchanged(vm);
  const consented = vm.release.deletion?.answer === 'deleted' && event.answer === 'absent';
  const answer = consented ? 'deleted' : event.answer;
  const next: Vm = { ...vm, release: { ...vm.release, deletion: { answer, at: moment.now } } };
  return judge(vm, next, event, moment, { answer: event.answer });
};

export const hearGuest: On<'worker-answered'> = (vm, event, moment) => {
  if (vm.release === undefined) return unchanged(vm);
  const { alive, runnerAlive, asOf } = event;
  const next: Vm = { ...vm, release: { ...vm.release, worker: { alive, runnerAlive, at: asOf } } };
  return judge(vm, next, event, moment, { alive, runnerAlive });
};

/** Nobody answered in time, or what was said decides nothing: ask again. */
export const askAgain = (vm: Vm, event: VmEvent, moment: Moment): Outcome<Vm> => judge(vm, vm, event, moment);

/** Acts by the verdict over `next`. */
function judge(
  vm: Vm,
  next: Vm,
  event: VmEvent,
  moment: Moment,
  said: Readonly<Record<string, unknown>> = {},
): Outcome<Vm> {
  const found = verdictOn(next);
  const why = next.release?.why ?? '';
  const data = { ...said, why, verdict: found.do };
  const patience = patienceOf(next, moment);
  // Somebody speaks of a job that we have not heard of: most likely the one that the VM was made for.
  const readCause: Effect = { kind: 'read-job', job: vm.cause };
  const ask = (kind: 'delete-runner' | 'ask-worker'): Outcome<Vm> =>
    change(vm, next, event, moment, { effects: [{ kind, vm: vm.id }], patience, data });

  switch (found.do) {
    case 'destroy':
      return bury(vm, next, { rule: found.rule, reason: why }, event, moment, { data: said });
    case 'delete-runner':
      return ask('delete-runner');
    case 'ask-guest':
      return ask('ask-worker');
    case 'wait':
      // The guest answers each question once, and a question belongs to an answer of GitHub's: a new round begins there.
      return event.kind === 'deadline'
        ? ask('delete-runner')
        : change(vm, next, event, moment, {
            effects: next.release?.worker?.alive === true ? [readCause] : [],
            patience,
            data,
          });
    case 'keep':
      return change(vm, withoutRelease(next), event, moment, {
        effects: [readCause],
        data: { ...data, kept: found.why },
      });
  }
}

/** A worker that outlives its registration may work for hours: it is asked after ever more rarely. */
function patienceOf(vm: Vm, { now, timing }: Moment): DurationMs {
  const age = vm.release === undefined ? 0 : between(vm.release.startedAt, now);
  return Math.min(Math.max(age, timing.releaseRetryMs), timing.releaseLongestMs);
}
