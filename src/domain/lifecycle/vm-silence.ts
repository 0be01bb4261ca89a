// A host falls silent: its VMs keep their memory and are no supply, and nothing is destroyed for its silence.

import type { Handler } from './cell.ts';
import { unchanged } from './cell.ts';
import type { Effect, Outcome } from './effects.ts';
import type { VmEvent } from './events.ts';
import type { Vm } from './vm.ts';
import { change, noted } from './vm-change.ts';
import { registrationsOf } from './vm-end.ts';
import { readOf } from './vm-work.ts';

type On<K extends VmEvent['kind']> = Handler<Vm, Extract<VmEvent, { kind: K }>>;

export const loseSight: On<'host-silent'> = (vm, event, moment) =>
  change(vm, { ...vm, state: 'unknown', before: vm.state }, event, moment);

/** The host is back and the VM is what it was; an attempt to give it back goes on where it stood. */
export const comeBack: On<'host-back'> = (vm, event, moment) => {
  const effects: Effect[] = vm.host === undefined ? [] : [{ kind: 'push-host', host: vm.host }];
  return change(vm, { ...vm, state: vm.before ?? 'starting' }, event, moment, { effects });
};

/**
 * The host is gone for good. There is nobody left to prove anything; a VM that still has a job by GitHub's word stays (I3),
 * and with it the host.
 */
export const leaveWithHost: On<'host-removed'> = (vm, event, moment) => {
  const isBound = vm.job !== undefined && vm.jobCompletedAt === undefined;
  if (isBound && vm.tombstone === undefined)
    return noted(vm, moment.now, 'unexpected', { said: event.kind, why: 'its job is not over (I3)' });
  const reason = 'its host is gone and was removed';
  const rule = vm.job === undefined ? 'host-removed' : 'job-completed';
  const next: Vm = { ...vm, state: 'gone', tombstone: vm.tombstone ?? { rule, reason, at: moment.now } };
  return change(vm, next, event, moment, { effects: registrationsOf(vm), later: readOf(vm, moment) });
};

/** GitHub's answer while the host is silent is kept; the guest cannot be asked before the host is back. */
export const keepDeletion: On<'deletion-answered'> = (vm, event, moment) => {
  if (vm.release === undefined) return unchanged(vm);
  const { answer } = event;
  return change(
    vm,
    { ...vm, release: { ...vm.release, deletion: { answer, at: moment.now } } },
    event,
    moment,
    { data: { answer } },
  );
};

/** What `then` makes of the VM after `first`, as one outcome. */
export function andThen(first: Outcome<Vm>, then: (vm: Vm) => Outcome<Vm>): Outcome<Vm> {
  const second = then(first.next);
  return {
    next: second.next,
    asks: [...first.asks, ...second.asks],
    history: [...first.history, ...second.history],
  };
}
