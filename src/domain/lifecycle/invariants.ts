// The rules I1 to I9 of docs/architecture.md as predicates. Production asserts the steps (a broken one is a bug and must not be
// written); the simulator's checkers ask the rest of the whole world. Each gives what is wrong, in words; empty is sound.

import { assert } from '../bug.ts';
import { labelKey } from '../labels/label-set.ts';
import type { CapacityPolicy } from '../scheduling/capacity.ts';
import { overpromised, usageOf } from '../scheduling/capacity.ts';
import type { Host } from '../scheduling/host.ts';
import { scopeKey } from '../scope.ts';
import type { Instant } from '../time.ts';
import type { Job, JobState } from './job.ts';
import type { Tombstone, Vm, VmState } from './vm.ts';
import { reservingStates, rulesForBusy } from './vm.ts';

type Violations = readonly string[];

/** Violations as `[does it hold, what else]` pairs. */
const unless = (...claims: readonly (readonly [boolean, string])[]): Violations =>
  claims.filter(([holds]) => !holds).map(([, what]) => what);

const buried: ReadonlySet<VmState> = new Set(['stopping', 'failed']);
const waitingJobs: ReadonlySet<JobState> = new Set(['waiting', 'queued', 'running']);

/** What must be so of any VM by itself. */
export const wrongWithVm = (vm: Vm): Violations =>
  unless(
    [(vm.state === 'gone') === (vm.deadline === undefined), `I7: ${vm.state} VM and its deadline do not fit`],
    [!buried.has(vm.state) || vm.tombstone !== undefined, `I3: ${vm.state} VM without a tombstone`],
    [!reservingStates.has(vm.state) || vm.host !== undefined, `I6: ${vm.state} VM without a host`],
    [vm.state !== 'requested' || vm.host === undefined, 'I6: requested VM with a host'],
    [(vm.state === 'unknown') === (vm.before !== undefined), 'unknown VM and the state before do not fit'],
    [vm.state !== 'busy' || vm.job !== undefined, 'I2: busy VM without a job'],
    [
      vm.tombstone === undefined || buried.has(vm.state) || vm.state === 'gone',
      'I3: living VM with a tombstone',
    ],
  );

/** What must be so of a VM's step by one event. */
export const wrongWithVmStep = (before: Vm, next: Vm): Violations =>
  unless(
    [before.id === next.id && before.runnerName === next.runnerName, 'I2: a VM changed its name'],
    [before.job === undefined || before.job === next.job, 'I2: a VM was bound to a second job'],
    [before.host === undefined || next.host === before.host || next.state === 'requested', 'I2: a VM moved'],
    [before.state !== 'gone' || next.state === 'gone', 'gone is absorbing'],
    [
      before.tombstone === undefined || sameOrder(before.tombstone, next.tombstone),
      'I3: a tombstone changed',
    ],
    [!buriesJobUnlawfully(before, next), `I3: a VM with a job is destroyed by ${next.tombstone?.rule}`],
  );

const sameOrder = (a: Tombstone, b: Tombstone | undefined): boolean => a.rule === b?.rule && a.at === b.at;

const buriesJobUnlawfully = (before: Vm, next: Vm): boolean =>
  before.tombstone === undefined &&
  next.tombstone !== undefined &&
  next.job !== undefined &&
  !rulesForBusy.has(next.tombstone.rule);

export const wrongWithJob = (job: Job): Violations =>
  unless(
    [
      waitingJobs.has(job.state) === (job.deadline !== undefined),
      `I7: ${job.state} job and its deadline do not fit`,
    ],
    [
      (job.state === 'done') === (job.knowledge.completed !== undefined),
      'I1: done and `completed` do not fit',
    ],
    [job.state !== 'queued' || job.service.kind === 'ours', 'demand for a job that is not ours'],
  );

export const wrongWithJobStep = (before: Job, next: Job): Violations =>
  unless(
    [before.id === next.id, 'a job changed its id'],
    [before.state !== 'done' || next.state === 'done', 'I1: only `completed` absorbs, and it does'],
  );

/** A VM or job that is past its time by more than `graceMs`: somebody does not look at the deadlines (I7). */
export const overdue = (row: { deadline?: Instant }, now: Instant, graceMs: number): boolean =>
  row.deadline !== undefined && now - row.deadline > graceMs;

/** What must be so of all VMs together: names are unique in a scope (I2), and no host is promised more than it has (I6). */
export function wrongWithFleet(
  hosts: readonly Host[],
  vms: readonly Vm[],
  policy: CapacityPolicy,
): Violations {
  const names = new Map<string, Vm>();
  const doubled = vms.filter((vm) => {
    const name = `${scopeKey(vm.scope)} ${vm.runnerName}`;
    const other = names.get(name);
    names.set(name, vm);
    return other !== undefined;
  });
  const full = hosts.flatMap((host) => {
    const onHost = vms.filter((vm) => vm.host === host.id);
    const what = host.capacity && overpromised(host.capacity, usageOf(onHost, policy), policy);
    return what === undefined ? [] : [`I6: host ${host.name} is promised too much ${what}`];
  });
  return [
    ...doubled.map((vm) => `I2: two VMs are registered as ${vm.runnerName} (${labelKey(vm.labels)})`),
    ...full,
  ];
}

export function assertSoundVmStep(before: Vm, next: Vm): void {
  if (before === next) return;
  const wrong = [...wrongWithVmStep(before, next), ...wrongWithVm(next)];
  assert(wrong.length === 0, `${next.id} from ${before.state} to ${next.state}: ${wrong.join('; ')}`);
}

export function assertSoundJobStep(before: Job, next: Job): void {
  if (before === next) return;
  const wrong = [...wrongWithJobStep(before, next), ...wrongWithJob(next)];
  assert(wrong.length === 0, `job ${next.id} from ${before.state} to ${next.state}: ${wrong.join('; ')}`);
}
