import { describe, expect, it } from 'vitest';
import {
  aHost,
  aJob,
  at,
  aVm,
  delivery,
  hostA,
  numberedVm,
  organization,
  t0,
  toBusy,
  toGone,
  toIdle,
  toPlaced,
  toStopping,
  toUnknown,
  vmAfter,
} from '../domain.fixture.ts';
import { hostId, jobId, runnerName, vmId } from '../ids.ts';
import { defaultCapacityPolicy } from '../scheduling/capacity.ts';
import {
  assertSoundJobStep,
  assertSoundVmStep,
  overdue,
  wrongWithFleet,
  wrongWithJob,
  wrongWithJobStep,
  wrongWithVm,
  wrongWithVmStep,
} from './invariants.ts';
import type { Job } from './job.ts';
import type { Vm } from './vm.ts';

/** The VM without some of its fields, as only a bug could leave it. */
const without = <T extends object, K extends keyof T>(row: T, ...keys: K[]): T => {
  const copy = { ...row };
  for (const key of keys) delete copy[key];
  return copy;
};

describe('a VM by itself', () => {
  it.each([[[] as const], [toPlaced], [toIdle], [toBusy], [toStopping], [toUnknown], [toGone]])(
    'is sound on its way',
    (events) => {
      expect(wrongWithVm(vmAfter(events))).toEqual([]);
    },
  );

  it.each<[string, Vm]>([
    ['I7: idle VM and its deadline do not fit', without(vmAfter(toIdle), 'deadline')],
    ['I7: gone VM and its deadline do not fit', { ...vmAfter(toGone), deadline: t0 }],
    ['I3: stopping VM without a tombstone', without(vmAfter(toStopping), 'tombstone')],
    ['I3: failed VM without a tombstone', without({ ...vmAfter(toStopping), state: 'failed' }, 'tombstone')],
    [
      'I3: living VM with a tombstone',
      { ...vmAfter(toIdle), tombstone: { rule: 'failed', reason: '', at: t0 } },
    ],
    ['I6: placed VM without a host', without(vmAfter(toPlaced), 'host')],
    ['I6: requested VM with a host', { ...aVm(), host: hostA }],
    ['unknown VM and the state before do not fit', without(vmAfter(toUnknown), 'before')],
    ['unknown VM and the state before do not fit', { ...vmAfter(toIdle), before: 'idle' }],
    ['I2: busy VM without a job', without(vmAfter(toBusy), 'job')],
  ])('%s', (what, vm) => {
    expect(wrongWithVm(vm)).toEqual([what]);
  });
});

describe('a step of a VM', () => {
  const busy = vmAfter(toBusy);
  const idle = vmAfter(toIdle);
  const buried = (vm: Vm, rule: NonNullable<Vm['tombstone']>['rule']): Vm => ({
    ...vm,
    state: 'stopping',
    tombstone: { rule, reason: '', at: t0 },
  });

  it.each<[string, Vm, Vm]>([
    ['I2: a VM changed its name', idle, { ...idle, runnerName: runnerName('other') }],
    ['I2: a VM changed its name', idle, { ...idle, id: vmId('other') }],
    ['I2: a VM was bound to a second job', busy, { ...busy, job: jobId(2) }],
    ['I2: a VM was bound to a second job', busy, without(busy, 'job')],
    ['I2: a VM moved', idle, { ...idle, host: hostId('other') }],
    ['I2: a VM moved', idle, without(idle, 'host')],
    ['gone is absorbing', vmAfter(toGone), { ...vmAfter(toGone), state: 'stopping' }],
    ['I3: a tombstone changed', vmAfter(toStopping), buried(vmAfter(toStopping), 'failed')],
    ['I3: a VM with a job is destroyed by deletion-consented', busy, buried(busy, 'deletion-consented')],
    ['I3: a VM with a job is destroyed by never-registered', busy, buried(busy, 'never-registered')],
  ])('%s', (what, before, next) => {
    expect(wrongWithVmStep(before, next)).toEqual([what]);
  });

  it('may bind, bury by a rule for busy VMs, give back its host before anything began, and end', () => {
    expect(wrongWithVmStep(idle, busy)).toEqual([]);
    for (const rule of [
      'runner-ended',
      'job-completed',
      'hard-deadline',
      'operator-force',
      'failed',
    ] as const) {
      expect(wrongWithVmStep(busy, buried(busy, rule))).toEqual([]);
    }
    expect(wrongWithVmStep(idle, buried(idle, 'deletion-consented'))).toEqual([]);
    expect(wrongWithVmStep(vmAfter(toPlaced), aVm())).toEqual([]);
    expect(wrongWithVmStep(vmAfter(toGone), { ...vmAfter(toGone) })).toEqual([]);
    const consented = buried(idle, 'deletion-consented');
    expect(wrongWithVmStep(consented, { ...consented, job: jobId(1) })).toEqual([]);
  });

  it('is asserted in production: a broken one is a bug', () => {
    expect(() => assertSoundVmStep(busy, { ...busy, job: jobId(2) })).toThrow(
      'bug: vm-1 from busy to busy: I2: a VM was bound to a second job',
    );
    expect(() => assertSoundVmStep(idle, without({ ...idle, host: hostId('x') }, 'deadline'))).toThrow(
      'I2: a VM moved; I7: idle VM and its deadline do not fit',
    );
    expect(() => assertSoundVmStep(idle, busy)).not.toThrow();
    const broken = without(idle, 'deadline');
    expect(() => assertSoundVmStep(broken, broken)).not.toThrow();
  });
});

describe('a job', () => {
  const queued = aJob();
  const done = aJob({}, delivery('completed', at(5), { conclusion: 'success' }));

  it.each<[string, Job]>([
    ['I7: queued job and its deadline do not fit', without(queued, 'deadline')],
    ['I7: lost job and its deadline do not fit', { ...queued, state: 'lost' }],
    ['I1: done and `completed` do not fit', { ...done, knowledge: queued.knowledge }],
    ['I1: done and `completed` do not fit', { ...queued, knowledge: done.knowledge }],
    ['demand for a job that is not ours', { ...queued, service: { kind: 'foreign' } }],
  ])('%s', (what, job) => {
    expect(wrongWithJob(job)).toEqual([what]);
  });

  it('is sound in every state', () => {
    const waiting = aJob({}, delivery('waiting', t0));
    const running = aJob({}, delivery('in_progress', t0));
    const foreign = without(
      { ...queued, state: 'foreign' as const, service: { kind: 'foreign' as const } },
      'deadline',
    );
    const lost = without({ ...queued, state: 'lost' as const }, 'deadline');
    for (const job of [queued, done, waiting, running, foreign, lost]) expect(wrongWithJob(job)).toEqual([]);
    for (const job of [waiting, running]) expect(wrongWithJob(without(job, 'deadline'))).toHaveLength(1);
  });

  it('does not come back from its end, nor change its id', () => {
    expect(wrongWithJobStep(done, queued)).toEqual(['I1: only `completed` absorbs, and it does']);
    expect(wrongWithJobStep(queued, { ...queued, id: jobId(2) })).toEqual(['a job changed its id']);
    expect(wrongWithJobStep(queued, done)).toEqual([]);
    expect(wrongWithJobStep(done, { ...done })).toEqual([]);
  });

  it('is asserted in production', () => {
    expect(() => assertSoundJobStep(done, without({ ...queued }, 'deadline'))).toThrow(
      'bug: job 1 from done to queued: I1: only `completed` absorbs, and it does; I7: queued job and its deadline do not fit',
    );
    expect(() => assertSoundJobStep(queued, done)).not.toThrow();
    const broken = without(queued, 'deadline');
    expect(() => assertSoundJobStep(broken, broken)).not.toThrow();
  });
});

describe('what is overdue (I7)', () => {
  it('is past its deadline by more than the grace', () => {
    expect(overdue({ deadline: t0 }, at(11), 10_000)).toBe(true);
    expect(overdue({ deadline: t0 }, at(10), 10_000)).toBe(false);
    expect(overdue({}, at(10), 0)).toBe(false);
  });
});

describe('the fleet', () => {
  const on = (n: number, over: Partial<Vm> = {}) => numberedVm(n, toIdle, { ...over });
  const host = aHost('a', { id: hostA }, { memoryMib: 8192 });
  const wrong = (...vms: Vm[]) => wrongWithFleet([host, aHost('b')], vms, defaultCapacityPolicy);

  it('is promised no more than it has (I6)', () => {
    expect(wrong(on(1), on(2))).toEqual([]);
    expect(wrong(on(1), on(2), on(3))).toEqual(['I6: host a is promised too much memory']);
    expect(wrong(on(1), on(2), numberedVm(3, toGone))).toEqual([]);
    expect(wrongWithFleet([without(host, 'capacity')], [on(1)], defaultCapacityPolicy)).toEqual([]);
  });

  it('registers no name twice in a scope (I2)', () => {
    const twin = { ...on(2), runnerName: on(1).runnerName };
    expect(wrong(on(1), twin)).toEqual([
      'I2: two VMs are registered as bellows-x-vm-0001 (bellows-2cpu-4gb)',
    ]);
    expect(wrong(on(1), { ...twin, scope: organization('other') })).toEqual([]);
  });
});
