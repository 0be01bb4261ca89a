// Every change of a VM goes through `change`: it gives the state its deadline (I7), tells the scheduler when supply or room
// changed, and writes the history line. A handler says only what is particular to it.

import { labelKey } from '../labels/label-set.ts';
import { isSupply } from '../scheduling/supply.ts';
import { scopeKey } from '../scope.ts';
import type { DurationMs, Instant } from '../time.ts';
import { after, between, instantOf } from '../time.ts';
import type { Moment } from './cell.ts';
import { vmPatience } from './deadlines.ts';
import type { Ask, Effect, HistoryLine, Outcome } from './effects.ts';
import type { VmEvent } from './events.ts';
import type { DestroyRule, Vm, VmState } from './vm.ts';
import { bootingStates, reservingStates } from './vm.ts';

export interface Extra {
  effects?: readonly Effect[];
  /** Effects with a delay of their own. */
  later?: readonly Ask[];
  /** The state's time begins anew, with this length; without it, it begins only when the state or its release changed. */
  patience?: DurationMs;
  /** Instead of the event's name in the history. */
  as?: string;
  data?: Readonly<Record<string, unknown>>;
}

const runningStates: ReadonlySet<VmState> = new Set(['starting', 'booted', 'idle', 'busy']);

/** A process may be up, by the host's word or because GitHub named a job of it: the hard deadline bounds its life. */
const mayRun = (vm: Vm): boolean => runningStates.has(vm.state) || vm.job !== undefined;

export function change(
  before: Vm,
  wanted: Vm,
  event: VmEvent,
  moment: Moment,
  extra: Extra = {},
): Outcome<Vm> {
  const next = withTimes(before, wanted, event, moment, extra.patience);
  const asks: Ask[] = [
    ...(extra.effects ?? []).map(atOnce),
    ...(extra.later ?? []),
    ...consequences(before, next, moment),
    ...(next.deadline !== undefined && next.deadline !== before.deadline
      ? [vmDeadline(next, between(moment.now, next.deadline))]
      : []),
  ];
  return {
    next,
    asks,
    history: [lineOf(before, next, extra.as ?? event.kind, moment.now, extra.data ?? {})],
  };
}

function withTimes(
  before: Vm,
  wanted: Vm,
  event: VmEvent,
  { now, timing }: Moment,
  patience: DurationMs | undefined,
): Vm {
  const { deadline: earlier, before: hidden, ...rest } = wanted;
  const moved = wanted.state !== before.state;
  const hardDeadline = wanted.hardDeadline ?? (mayRun(wanted) ? after(now, timing.lifetimeMs) : undefined);
  const next: Vm = {
    ...rest,
    since: moved ? now : before.since,
    ...(wanted.state === 'unknown' && hidden !== undefined && { before: hidden }),
    ...(hardDeadline !== undefined && { hardDeadline }),
  };
  const length = patience ?? vmPatience(next, timing);
  if (length === undefined) return next;
  const anew =
    patience !== undefined ||
    moved ||
    earlier === undefined ||
    // Nobody would look again: the deadline that was due is used up.
    (event.kind === 'deadline' && earlier <= now) ||
    (wanted.release === undefined) !== (before.release === undefined) ||
    (wanted.tombstone === undefined && wanted.jobCompletedAt !== before.jobCompletedAt);
  const deadline = anew ? cap(after(now, length), next, now) : earlier;
  return { ...next, deadline };
}

/** The hard deadline comes first when it is nearer; once it has passed, only the order to destroy has a time of its own. */
const cap = (deadline: Instant, vm: Vm, now: Instant): Instant =>
  vm.hardDeadline !== undefined && vm.tombstone === undefined && vm.hardDeadline > now
    ? instantOf(Math.min(deadline, vm.hardDeadline))
    : deadline;

function consequences(before: Vm, next: Vm, { timing }: Moment): readonly Ask[] {
  const asks: Ask[] = [];
  if (next.tombstone !== before.tombstone && next.host !== undefined && next.state !== 'gone') {
    asks.push(atOnce({ kind: 'push-host', host: next.host }));
  }
  if (isSupply(before) !== isSupply(next)) {
    // Which job it had GitHub is being asked: until it has told, that job seems to need another VM.
    const isUntold = next.runnerEnded?.ranJob === true && next.job === undefined;
    asks.push({ what: balanceOf(next), delay: isUntold ? timing.jobSettleMs : 0 });
  }
  if (makesWay(before, next)) asks.push(atOnce({ kind: 'place' }));
  return asks;
}

/** It gives back its room, or its turn to boot: a host takes only so many VMs that boot at the same time. */
const makesWay = (before: Vm, next: Vm): boolean =>
  (reservingStates.has(before.state) && !reservingStates.has(next.state)) ||
  (bootingStates.has(before.state) && !bootingStates.has(next.state));

export const balanceOf = (vm: Vm): Effect => ({
  kind: 'balance',
  scope: scopeKey(vm.scope),
  labels: labelKey(vm.labels),
});

export const atOnce = (what: Effect): Ask => ({ what, delay: 0 });

export const vmDeadline = (vm: Vm, delay: DurationMs): Ask => ({
  what: { kind: 'vm-deadline', vm: vm.id },
  delay,
});

export function lineOf(
  before: Vm,
  next: Vm,
  event: string,
  at: Instant,
  data: Readonly<Record<string, unknown>>,
): HistoryLine {
  return {
    at,
    subject: { kind: 'vm', id: next.id },
    event,
    data: {
      from: before.state,
      to: next.state,
      ...(next.tombstone !== before.tombstone &&
        next.tombstone !== undefined && { rule: next.tombstone.rule }),
      ...data,
    },
  };
}

/** Something was seen that should not be. Nothing changes but the history. */
export function noted(vm: Vm, at: Instant, as: string, data: Readonly<Record<string, unknown>>): Outcome<Vm> {
  return { next: vm, asks: [], history: [lineOf(vm, vm, as, at, data)] };
}

/** Orders the VM's destruction: `failed` when it never came to be of use, otherwise `stopping`. */
export function bury(
  before: Vm,
  wanted: Vm,
  order: { rule: DestroyRule; reason: string },
  event: VmEvent,
  moment: Moment,
  extra: Extra = {},
): Outcome<Vm> {
  const state = wanted.failure === undefined ? 'stopping' : 'failed';
  const next: Vm = { ...wanted, state, tombstone: { ...order, at: moment.now } };
  const outcome = change(before, next, event, moment, {
    ...extra,
    data: { reason: order.reason, ...extra.data },
  });
  return { ...outcome, history: [...fateOfJob(next, order, moment), ...outcome.history] };
}

/** Rules under which a VM's end is news for the job in it; under the others the job was over. */
const fatefulRules: ReadonlySet<DestroyRule> = new Set(['failed', 'operator-force', 'hard-deadline']);

/** A job ends with its VM, and GitHub tells that only minutes later: its own history says it now, and whose fault it is. */
function fateOfJob(
  { id, job, jobCompletedAt, failure }: Vm,
  { rule, reason }: { rule: DestroyRule; reason: string },
  { now }: Moment,
): readonly HistoryLine[] {
  if (job === undefined || jobCompletedAt !== undefined || !fatefulRules.has(rule)) return [];
  const data = { vm: id, rule, reason, ...(failure !== undefined && { owner: failure.owner }) };
  return [{ at: now, subject: { kind: 'job', id: job }, event: 'vm-ended-early', data }];
}

/** The VM without its attempt to give it back; a failure that came with the attempt goes with it. */
export function withoutRelease(vm: Vm): Vm {
  const { release: _release, failure: _failure, ...rest } = vm;
  return rest;
}
