// From the wish for a VM to a listening runner. The agent's messages arrive in order but some may be lost, so a later word
// stands in for the earlier ones that it implies.

import { type Handler, unchanged } from './cell.ts';
import type { Effect } from './effects.ts';
import type { VmEvent } from './events.ts';
import type { Vm } from './vm.ts';
import { bury, change, noted } from './vm-change.ts';

type On<K extends VmEvent['kind']> = Handler<Vm, Extract<VmEvent, { kind: K }>>;

export const takeHost: On<'placed'> = (vm, event, moment) =>
  change(vm, { ...vm, state: 'placed', host: event.host }, event, moment, {
    effects: [{ kind: 'push-host', host: event.host }],
    data: { host: event.host },
  });

/** Nothing was started, so the same VM may go elsewhere; after a pause, or the same host would refuse it in a circle. */
export const giveBackHost: On<'returned'> = (vm, event, moment) => {
  const { host, ...rest } = vm;
  return change(vm, { ...rest, state: 'requested' }, event, moment, {
    later: [{ what: { kind: 'place' }, delay: moment.timing.returnedPauseMs }],
    effects: host === undefined ? [] : [{ kind: 'push-host', host }],
    data: { reason: event.reason, host },
  });
};

const register = (vm: Vm): Effect => ({ kind: 'register-runner', vm: vm.id });

/** The runner is registered while the guest boots: late enough that no registration waits for a process that never came. */
export const beginBoot: On<'process-up'> = (vm, event, moment) =>
  change(vm, { ...vm, state: 'starting' }, event, moment, { effects: [register(vm)] });

export const greetGuest: On<'guest-up'> = (vm, event, moment) =>
  change(vm, { ...vm, state: 'booted', bootId: event.bootId }, event, moment, {
    effects: vm.state === 'placed' ? [register(vm)] : [],
    data: { bootId: event.bootId },
  });

/** GitHub's word may overtake the guest's first one, which says by which boot it is known. */
export const learnBoot: On<'guest-up'> = (vm, event, moment) =>
  vm.bootId === undefined
    ? change(vm, { ...vm, bootId: event.bootId }, event, moment, { data: { bootId: event.bootId } })
    : unchanged(vm);

export const listen: On<'runner-listening'> = (vm, event, moment) =>
  change(vm, { ...vm, state: 'idle' }, event, moment);

/**
 * GitHub made the registration. While the VM is being given back, an answer to a deletion that was asked before counts for
 * nothing any more: it may have been given before there was anything to delete.
 */
export const keepRegistration: On<'registered'> = (vm, event, moment) => {
  const next: Vm = { ...vm, runnerId: event.runnerId };
  const data = { runnerId: event.runnerId };
  if (vm.release === undefined) return change(vm, next, event, moment, { data });
  const { why, startedAt } = vm.release;
  return change(vm, { ...next, release: { why, startedAt } }, event, moment, {
    effects: [{ kind: 'delete-runner', vm: vm.id }],
    patience: moment.timing.releaseRetryMs,
    data,
  });
};

/** The VM is on its way out or gone; its registration must go too (I5). */
export const dropRegistration: On<'registered'> = (vm, event, moment) =>
  change(vm, { ...vm, runnerId: event.runnerId }, event, moment, {
    effects: [{ kind: 'forget-runner', vm: vm.id, scope: vm.scope, runnerName: vm.runnerName }],
    data: { runnerId: event.runnerId },
  });

/** Without a configuration no runner ever ran in it, so nothing can be lost. A second answer after a good one says nothing. */
export const failUnregistered: On<'registration-refused'> = (vm, event, moment) => {
  if (vm.runnerId !== undefined || vm.job !== undefined)
    return noted(vm, moment.now, 'unexpected', { said: event.kind });
  const reason = `GitHub refuses the runner: ${event.reason}`;
  return bury(
    vm,
    { ...vm, failure: { reason, owner: 'github' } },
    { rule: 'never-registered', reason },
    event,
    moment,
  );
};

/**
 * Whether the JIT configuration of this VM may be handed to its host. Asked in the transaction that writes `registered`: once
 * a VM is being given back, a configuration that arrives would let a runner start behind the verdict's back.
 */
export const mayReceiveJit = (vm: Vm): boolean =>
  (vm.state === 'starting' || vm.state === 'booted') &&
  vm.release === undefined &&
  vm.tombstone === undefined;
