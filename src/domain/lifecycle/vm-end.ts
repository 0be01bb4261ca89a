// The ways out: the host failed it, an operator forced it, and the proof that nothing is left.

import type { Handler } from './cell.ts';
import type { Effect } from './effects.ts';
import type { VmEvent } from './events.ts';
import type { Vm } from './vm.ts';
import { bury, change } from './vm-change.ts';
import { readOf } from './vm-work.ts';

type On<K extends VmEvent['kind']> = Handler<Vm, Extract<VmEvent, { kind: K }>>;

/** It could not be started, or its VMM died: no job runs in it any more, and the tombstone has what is left removed. */
export const failByHost: On<'host-failed'> = (vm, event, moment) =>
  bury(
    vm,
    { ...vm, failure: event.failure },
    { rule: 'failed', reason: event.failure.reason },
    event,
    moment,
    { later: readOf(vm, moment), data: { owner: event.failure.owner } },
  );

export const forceOut: On<'force'> = (vm, event, moment) =>
  bury(vm, vm, { rule: 'operator-force', reason: `forced by ${event.operator}` }, event, moment, {
    later: readOf(vm, moment),
    data: { operator: event.operator },
  });

/** It has no host yet, so there is nothing to destroy. */
export const dropUnplaced: On<'force'> = (vm, event, moment) =>
  change(vm, { ...vm, state: 'gone' }, event, moment, { data: { operator: event.operator } });

/**
 * What bears its name elsewhere is none of ours any more, and is left to its own end; the job gets a VM under another name.
 */
export const disown: On<'disowned'> = (vm, event, moment) =>
  change(vm, { ...vm, state: 'gone' }, event, moment, { data: { why: event.why } });

/** GitHub names its runner, and nothing was ever started for it by these books. */
export const disownForJob: On<'job-bound' | 'job-completed'> = (vm, event, moment) =>
  change(vm, { ...vm, state: 'gone' }, event, moment, {
    as: 'disowned',
    data: { why: 'GitHub gave its runner a job', job: event.job },
  });

/** Only now is its room free again, and only now may its registration be removed without asking anybody (I5). */
export const acceptProof: On<'proved-gone'> = (vm, event, moment) =>
  change(vm, { ...vm, state: 'gone' }, event, moment, {
    effects: registrationsOf(vm),
    later: readOf(vm, moment),
  });

/** A registration was asked for as soon as a process was up; GitHub's 204 says that none is left. */
export function registrationsOf(vm: Vm): readonly Effect[] {
  const mayExist = vm.runnerId !== undefined || vm.hardDeadline !== undefined;
  if (!mayExist || vm.release?.deletion?.answer === 'deleted') return [];
  return [{ kind: 'forget-runner', vm: vm.id, scope: vm.scope, runnerName: vm.runnerName }];
}
