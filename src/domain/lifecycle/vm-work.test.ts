// A VM and its job: none, a hint, GitHub's word, and the end.

import { describe, expect, it } from 'vitest';
import {
  at,
  bound,
  completed,
  deadlineAsk,
  effectKinds,
  effectsOf,
  hostA,
  t0,
  timing,
  toBooted,
  toBusy,
  toIdle,
  toPlaced,
  toStarting,
  toUnknown,
  vmAfter,
} from '../domain.fixture.ts';
import { hours, after as later, minutes, seconds } from '../time.ts';
import type { Outcome } from './effects.ts';
import type { VmEvent } from './events.ts';
import { transitionVm } from './transition-vm.ts';
import type { Vm } from './vm.ts';

const now = at(100);
const on = (vm: Vm, event: VmEvent, when = now): Outcome<Vm> => transitionVm(vm, event, when, timing);
const data = (outcome: Outcome<Vm>) => outcome.history.at(-1)?.data;
const balance = { kind: 'balance', scope: 'org:acme#1', labels: 'bellows-2cpu-4gb' };
const push = { kind: 'push-host', host: hostA };

describe('an idle VM', () => {
  it('gets no job in time: it is given back for that reason', () => {
    const outcome = on(vmAfter(toIdle), { kind: 'deadline' }, at(400));
    expect(outcome.next.release).toEqual({ why: 'no job came in time', startedAt: at(400) });
    expect(outcome.next.failure).toBeUndefined();
    expect(effectKinds(outcome)).toEqual(['delete-runner', 'balance']);
  });

  it('is evicted by GitHub: its runner ends with code 0, and it is replaced if demand remains', () => {
    const outcome = on(vmAfter(toIdle), { kind: 'runner-ended', ranJob: false, code: 0 });
    expect(outcome.next).toMatchObject({
      state: 'stopping',
      runnerEnded: { ranJob: false, code: 0, at: now },
      tombstone: { rule: 'runner-ended', reason: 'the runner ended without a job (code 0)' },
    });
    expect(effectsOf(outcome)).toEqual([push, balance]);
    expect(data(outcome)).toMatchObject({ ranJob: false, code: 0 });
  });

  it('ran a job of which GitHub has not spoken: that job is read', () => {
    const outcome = on(vmAfter(toIdle), { kind: 'runner-ended', ranJob: true, code: 0 });
    expect(outcome.next.tombstone).toMatchObject({
      rule: 'runner-ended',
      reason: 'the runner ended after its job',
    });
    expect(effectsOf(outcome)).toEqual([{ kind: 'read-job', job: 1 }, push, balance]);
    expect(outcome.asks).toContainEqual({ what: { kind: 'read-job', job: 1 }, delay: 0 });
  });

  it("says that a job began: waits two minutes for GitHub's word, then reads, and is not given back", () => {
    const hinted = on(vmAfter(toIdle), { kind: 'guest-job-started', jobName: 'build' });
    expect(hinted.next).toMatchObject({ state: 'idle', jobHint: 'build', deadline: later(now, minutes(2)) });
    expect(effectsOf(hinted)).toEqual([]);
    expect(data(hinted)).toMatchObject({ jobHint: 'build' });
    const outcome = on(hinted.next, { kind: 'deadline' }, at(300));
    expect(outcome.next).toMatchObject({ state: 'idle', deadline: later(at(300), minutes(2)) });
    expect(outcome.next.release).toBeUndefined();
    expect(effectsOf(outcome)).toEqual([{ kind: 'read-job', job: 1 }]);
  });

  it('says so before anybody heard its guest: when it is late, it is kept for its word, and looked at again', () => {
    const hinted = vmAfter([...toStarting, { kind: 'guest-job-started', jobName: 'build' }]);
    const outcome = on(hinted, { kind: 'deadline' });
    expect(outcome.next).toEqual({ ...hinted, deadline: later(now, seconds(60)) });
    expect(deadlineAsk(outcome)).toBe(seconds(60));
  });

  it('says so while it boots or is being given back: its time does not change', () => {
    const hint: VmEvent = { kind: 'guest-job-started', jobName: 'build' };
    const booted = vmAfter(toBooted);
    expect(on(booted, hint).next).toEqual({ ...booted, jobHint: 'build' });
    const released = on(vmAfter(toIdle), { kind: 'release', why: '' }).next;
    expect(on(released, hint, at(101)).next.deadline).toBe(released.deadline);
  });
});

describe('a runner that ends before it listened', () => {
  it('with an error: the VM failed', () => {
    for (const events of [toStarting, toBooted]) {
      const outcome = on(vmAfter(events), { kind: 'runner-ended', ranJob: false, code: 1 });
      expect(outcome.next).toMatchObject({
        state: 'failed',
        failure: { reason: 'the runner ended with code 1 before it listened', owner: 'bellows' },
        tombstone: { rule: 'runner-ended' },
      });
    }
  });

  it('without one, or after it listened: it just ended', () => {
    expect(on(vmAfter(toBooted), { kind: 'runner-ended', ranJob: false, code: 0 }).next.state).toBe(
      'stopping',
    );
    expect(on(vmAfter(toBooted), { kind: 'runner-ended', ranJob: true, code: 1 }).next.state).toBe(
      'stopping',
    );
    expect(on(vmAfter(toIdle), { kind: 'runner-ended', ranJob: false, code: 2 }).next.state).toBe('stopping');
    expect(on(vmAfter(toPlaced), { kind: 'runner-ended', ranJob: false, code: 2 }).next.state).toBe(
      'stopping',
    );
  });
});

describe('a VM with a job', () => {
  it("is bound by GitHub's word alone, and leaves the supply", () => {
    const outcome = on(vmAfter(toIdle), bound(7));
    expect(outcome.next).toMatchObject({
      state: 'busy',
      job: 7,
      deadline: later(now, hours(6.5) - minutes(15)),
    });
    expect(effectsOf(outcome)).toEqual([balance]);
    expect(data(outcome)).toMatchObject({ job: 7 });
  });

  it('is told twice: nothing', () => {
    const vm = vmAfter(toBusy);
    expect(on(vm, bound(1))).toEqual({ next: vm, asks: [], history: [] });
  });

  it('is said to have another: a conflict, written down and read, never rebound (I2)', () => {
    const vm = vmAfter(toBusy);
    for (const event of [bound(8), completed(8)]) {
      const outcome = on(vm, event);
      expect(outcome.next).toBe(vm);
      expect(outcome.history).toMatchObject([
        { event: 'conflict', data: { said: event.kind, job: 8, holds: 1, from: 'busy', to: 'busy' } },
      ]);
      expect(outcome.asks).toEqual([{ what: { kind: 'read-job', job: 8 }, delay: minutes(1) }]);
    }
  });

  it("ends by its guest's word: destroyed, and the job is read in case its completed is lost", () => {
    const outcome = on(vmAfter(toBusy), { kind: 'runner-ended', ranJob: true, code: 0 });
    expect(outcome.next).toMatchObject({ state: 'stopping', tombstone: { rule: 'runner-ended' } });
    expect(effectsOf(outcome)).toEqual([{ kind: 'read-job', job: 1 }, push]);
    const soon = { what: { kind: 'read-job', job: 1 }, delay: timing.jobEndReadMs };
    expect(outcome.asks, 'as a rule it is under way').toContainEqual(soon);
    const over = vmAfter([...toBusy, completed(1)]);
    expect(effectsOf(on(over, { kind: 'runner-ended', ranJob: true, code: 0 }))).toEqual([push]);
  });

  it("ends by GitHub's word: a grace period, then destroyed", () => {
    const outcome = on(vmAfter(toBusy), completed(1));
    expect(outcome.next).toMatchObject({
      state: 'busy',
      jobCompletedAt: now,
      deadline: later(now, minutes(1)),
    });
    expect(effectsOf(outcome)).toEqual([]);
    expect(on(outcome.next, completed(1), at(110)).next).toBe(outcome.next);
    const end = on(outcome.next, { kind: 'deadline' }, at(160));
    expect(end.next).toMatchObject({
      state: 'stopping',
      tombstone: { rule: 'job-completed', reason: 'its job is completed and the grace period is over' },
    });
    expect(effectsOf(end)).toEqual([push]);
  });

  it('was completed before its start was heard of', () => {
    const outcome = on(vmAfter(toIdle), completed(7));
    expect(outcome.next).toMatchObject({
      state: 'busy',
      job: 7,
      jobCompletedAt: now,
      deadline: later(now, minutes(1)),
    });
    expect(data(outcome)).toMatchObject({ job: 7 });
  });

  it('is warned of 15 min before its hard deadline, and destroyed at it', () => {
    const vm = vmAfter(toBusy);
    const hard = vm.hardDeadline ?? t0;
    const near = later(hard, -minutes(14));
    const warned = on(vm, { kind: 'deadline' }, near);
    expect(warned.next).toMatchObject({ state: 'busy', deadline: hard });
    expect(warned.history).toMatchObject([{ event: 'hard-deadline-near', data: { leftMs: minutes(14) } }]);
    expect(effectsOf(warned)).toEqual([{ kind: 'read-job', job: 1 }]);
    const end = on(warned.next, { kind: 'deadline' }, hard);
    expect(end.next).toMatchObject({
      state: 'stopping',
      tombstone: { rule: 'hard-deadline', reason: 'it reached its hard deadline' },
    });
    expect(effectsOf(end)).toEqual([{ kind: 'read-job', job: 1 }, push]);
  });

  it('dies with its VMM: failed, and its job is read', () => {
    const outcome = on(vmAfter(toBusy), {
      kind: 'host-failed',
      failure: { reason: 'crashed', owner: 'host' },
    });
    expect(outcome.next).toMatchObject({ state: 'failed', tombstone: { rule: 'failed' } });
    expect(effectsOf(outcome)).toEqual([{ kind: 'read-job', job: 1 }, push]);
    expect(outcome.history[0]).toEqual({
      at: now,
      subject: { kind: 'job', id: 1 },
      event: 'vm-ended-early',
      data: { vm: 'vm-1', rule: 'failed', reason: 'crashed', owner: 'host' },
    });
  });

  it("is destroyed by an operator's force", () => {
    const outcome = on(vmAfter(toBusy), { kind: 'force', operator: 'ada' });
    expect(outcome.next.tombstone).toEqual({ rule: 'operator-force', reason: 'forced by ada', at: now });
    expect(effectsOf(outcome)).toEqual([{ kind: 'read-job', job: 1 }, push]);
    expect(outcome.history[0]).toMatchObject({ subject: { kind: 'job', id: 1 }, event: 'vm-ended-early' });
    expect(outcome.history[1]?.data).toMatchObject({ operator: 'ada' });
  });
});

describe('every living state past its hard deadline', () => {
  it.each([
    ['starting', toStarting],
    ['booted', toBooted],
    ['idle', toIdle],
    ['busy', toBusy],
    ['unknown', toUnknown],
  ])('%s is destroyed', (_, events) => {
    const vm = vmAfter(events);
    const outcome = on(vm, { kind: 'deadline' }, vm.hardDeadline);
    expect(outcome.next).toMatchObject({ state: 'stopping', tombstone: { rule: 'hard-deadline' } });
  });

  it('and no state waits beyond it', () => {
    const { hardDeadline } = vmAfter(toBusy);
    const vm = on(vmAfter(toBooted), { kind: 'runner-listening' }, later(hardDeadline ?? t0, -1000)).next;
    expect(vm.deadline).toBe(hardDeadline);
  });
});
