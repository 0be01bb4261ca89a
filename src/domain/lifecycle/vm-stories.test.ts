// The life of a VM, told as stories. What every event does in every state stands in docs/lifecycle.md.

import { describe, expect, it } from 'vitest';
import {
  acme,
  at,
  aVm,
  bound,
  completed,
  deadlineAsk,
  effectKinds,
  effectsOf,
  hostA,
  image,
  labels,
  shape,
  t0,
  timing,
  toBooted,
  toBusy,
  toFailed,
  toGone,
  toIdle,
  toPlaced,
  toStarting,
  toStopping,
  toUnknown,
  vmAfter,
} from '../domain.fixture.ts';
import { hostId, jobId, runnerId, runnerName, vmId } from '../ids.ts';
import { hours, after as later, minutes, seconds } from '../time.ts';
import type { Outcome } from './effects.ts';
import type { VmEvent } from './events.ts';
import { requestVm, transitionVm } from './transition-vm.ts';
import type { Vm } from './vm.ts';
import { mayReceiveJit } from './vm-start.ts';

const now = at(100);
const on = (vm: Vm, event: VmEvent, when = now): Outcome<Vm> => transitionVm(vm, event, when, timing);
const data = (outcome: Outcome<Vm>) => outcome.history.at(-1)?.data;
const balance = { kind: 'balance', scope: 'org:acme#1', labels: 'bellows-2cpu-4gb' };
const push = { kind: 'push-host', host: hostA };
const forget = { kind: 'forget-runner', vm: 'vm-1', scope: acme, runnerName: 'bellows-x-vm-1' };
const registered: VmEvent = { kind: 'registered', runnerId: runnerId(50) };

describe('a VM that is asked for', () => {
  const request = {
    id: vmId('vm-9'),
    scope: acme,
    labels,
    shape,
    image,
    cause: jobId(4),
    attempt: 1,
    runnerName: runnerName('r'),
  };

  it('looks for a host, and for no longer than a minute at a time', () => {
    const outcome = requestVm(request, t0, timing);
    expect(outcome.next).toEqual({
      ...request,
      state: 'requested',
      requestedAt: t0,
      since: t0,
      deadline: later(t0, minutes(1)),
      version: 0,
    });
    expect(outcome.asks).toEqual([
      { what: { kind: 'place' }, delay: 0 },
      { what: { kind: 'vm-deadline', vm: 'vm-9' }, delay: minutes(1) },
    ]);
    expect(outcome.history).toEqual([
      {
        at: t0,
        subject: { kind: 'vm', id: 'vm-9' },
        event: 'requested',
        data: { to: 'requested', cause: 4, attempt: 1, runnerName: 'r', labels, shape },
      },
    ]);
  });

  it('finds none in time: looks again', () => {
    const outcome = on(aVm(), { kind: 'deadline' });
    expect(outcome.next).toMatchObject({ state: 'requested', since: t0, deadline: later(now, minutes(1)) });
    expect(effectsOf(outcome)).toEqual([{ kind: 'place' }]);
  });

  it('is no longer needed, or forced: gone at once, for there is nothing to destroy', () => {
    const withdrawn = on(aVm(), { kind: 'release', why: 'cancelled' });
    expect(withdrawn.next.state).toBe('gone');
    expect(withdrawn.next.deadline).toBeUndefined();
    expect(data(withdrawn)).toEqual({ from: 'requested', to: 'gone', why: 'cancelled' });
    expect(effectsOf(withdrawn)).toEqual([balance]);
    const forced = on(aVm(), { kind: 'force', operator: 'ada' });
    expect(forced.next.state).toBe('gone');
    expect(data(forced)).toMatchObject({ operator: 'ada' });
  });
});

describe('a VM on its way up', () => {
  it('is placed: its host is told', () => {
    const outcome = on(aVm(), { kind: 'placed', host: hostA });
    expect(outcome.next).toMatchObject({
      state: 'placed',
      host: hostA,
      since: now,
      deadline: later(now, minutes(2)),
    });
    expect(effectsOf(outcome)).toEqual([push]);
    expect(deadlineAsk(outcome)).toBe(minutes(2));
    expect(data(outcome)).toEqual({ from: 'requested', to: 'placed', host: hostA });
  });

  it('is returned by its host: the same VM may go elsewhere, after a pause', () => {
    const outcome = on(vmAfter(toPlaced), { kind: 'returned', reason: 'image missing' });
    expect(outcome.next.state).toBe('requested');
    expect(outcome.next.host).toBeUndefined();
    expect(outcome.asks).toContainEqual({ what: { kind: 'place' }, delay: seconds(5) });
    expect(effectsOf(outcome)).toContainEqual(push);
    expect(data(outcome)).toMatchObject({ reason: 'image missing', host: hostA });
  });

  it('has a process: its runner is registered while it boots, and its life is bounded', () => {
    const outcome = on(vmAfter(toPlaced), { kind: 'process-up' });
    expect(outcome.next).toMatchObject({
      state: 'starting',
      hardDeadline: later(now, hours(6.5)),
      deadline: later(now, seconds(60)),
    });
    expect(effectsOf(outcome)).toEqual([{ kind: 'register-runner', vm: 'vm-1' }]);
  });

  it('is registered, boots and listens', () => {
    const vm = vmAfter(toBooted);
    expect(vm).toMatchObject({
      state: 'booted',
      runnerId: 50,
      bootId: 'boot-1',
      deadline: later(at(4), minutes(4)),
    });
    const outcome = on(vm, { kind: 'runner-listening' });
    expect(outcome.next).toMatchObject({ state: 'idle', deadline: later(now, minutes(5)) });
    expect(effectsOf(outcome)).toEqual([]);
  });

  it('is registered without its state or its time changing', () => {
    const vm = vmAfter(toStarting);
    const outcome = on(vm, registered);
    expect(outcome.next).toEqual({ ...vm, runnerId: 50 });
    expect(outcome.asks).toEqual([]);
    expect(data(outcome)).toMatchObject({ runnerId: 50 });
  });

  it('says that its guest is up before its process was reported: nothing is missed', () => {
    const outcome = on(vmAfter(toPlaced), { kind: 'guest-up', bootId: 'b' });
    expect(outcome.next).toMatchObject({
      state: 'booted',
      hardDeadline: later(now, hours(6.5)),
      bootId: 'b',
    });
    expect(effectKinds(outcome)).toEqual(['register-runner']);
    expect(effectKinds(on(vmAfter(toStarting), { kind: 'guest-up', bootId: 'b' }))).toEqual([]);
    expect(data(outcome)).toMatchObject({ bootId: 'b' });
  });

  it('may have its JIT configuration only while it boots and nobody wants it back', () => {
    expect(mayReceiveJit(vmAfter(toStarting))).toBe(true);
    expect(mayReceiveJit(vmAfter(toBooted))).toBe(true);
    expect(mayReceiveJit(vmAfter([...toBooted, { kind: 'release', why: 'surplus' }]))).toBe(false);
    for (const events of [[], toPlaced, toIdle, toBusy, toStopping, toFailed, toGone, toUnknown]) {
      expect(mayReceiveJit(vmAfter(events))).toBe(false);
    }
    expect(mayReceiveJit({ ...vmAfter(toBooted), tombstone: { reason: '', rule: 'failed', at: now } })).toBe(
      false,
    );
  });

  it('is refused by GitHub: failed, and the owner is GitHub', () => {
    const outcome = on(vmAfter(toStarting), { kind: 'registration-refused', reason: 'runners are disabled' });
    const reason = 'GitHub refuses the runner: runners are disabled';
    expect(outcome.next).toMatchObject({
      state: 'failed',
      failure: { reason, owner: 'github' },
      tombstone: { rule: 'never-registered', reason, at: now },
    });
    expect(effectsOf(outcome)).toEqual([push, balance]);
  });

  it('is refused after it was registered: a doubled call says nothing', () => {
    const vm = vmAfter(toBooted);
    const outcome = on(vm, { kind: 'registration-refused', reason: 'name taken' });
    expect(outcome.next).toBe(vm);
    expect(outcome.history).toMatchObject([{ event: 'unexpected', data: { said: 'registration-refused' } }]);
  });

  it('is refused, yet GitHub named it with a job: the job counts (I3)', () => {
    const vm = vmAfter([...toStarting, { kind: 'host-silent' }, bound(1)]);
    expect(on(vm, { kind: 'registration-refused', reason: 'disabled' }).next).toBe(vm);
  });

  it('never starts: failed, and it does not move to another host', () => {
    const outcome = on(vmAfter(toPlaced), { kind: 'deadline' }, at(200));
    const reason = 'its host did not start it in time';
    expect(outcome.next).toMatchObject({
      state: 'failed',
      host: hostA,
      failure: { reason, owner: 'host' },
      tombstone: { rule: 'never-registered', reason },
    });
    expect(effectsOf(outcome)).toEqual([push, balance]);
  });

  it('cannot be started by its host: failed, replaced, and cleared away', () => {
    const failure = { reason: 'no space left on device', owner: 'host' } as const;
    for (const events of [toPlaced, toStarting, toBooted, toIdle]) {
      const outcome = on(vmAfter(events), { kind: 'host-failed', failure });
      expect(outcome.next).toMatchObject({
        state: 'failed',
        failure,
        tombstone: { rule: 'failed', reason: failure.reason },
      });
      expect(effectsOf(outcome)).toEqual([push, balance]);
      expect(data(outcome)).toMatchObject({ owner: 'host', rule: 'failed' });
    }
  });
});

describe('a VM that is late', () => {
  const late = at(2000);

  it.each([
    ['its guest did not answer in time', toStarting],
    ['its runner did not listen in time', toBooted],
  ])('%s: it is given back, not destroyed, and replaced at once', (reason, events) => {
    const vm = vmAfter(events);
    const outcome = on(vm, { kind: 'deadline' }, late);
    expect(outcome.next).toMatchObject({
      state: vm.state,
      since: vm.since,
      failure: { reason, owner: 'bellows' },
      release: { why: reason, startedAt: late },
      deadline: later(late, seconds(30)),
    });
    expect(outcome.next.tombstone).toBeUndefined();
    expect(effectsOf(outcome)).toEqual([{ kind: 'delete-runner', vm: 'vm-1' }, balance]);
  });

  it('turns out to have a job: it keeps it, and the failure is forgotten', () => {
    const vm = on(vmAfter(toBooted), { kind: 'deadline' }, late).next;
    const outcome = on(vm, bound(1), at(2001));
    expect(outcome.next).toMatchObject({ state: 'busy', job: 1 });
    expect(outcome.next.failure).toBeUndefined();
    expect(outcome.next.release).toBeUndefined();
  });

  it('has no job: failed, once GitHub and the guest agree', () => {
    const vm = on(vmAfter(toBooted), { kind: 'deadline' }, late).next;
    const deleted = on(vm, { kind: 'deletion-answered', answer: 'deleted' }, at(2001));
    expect(effectsOf(deleted)).toEqual([{ kind: 'ask-worker', vm: 'vm-1' }]);
    const outcome = on(
      deleted.next,
      { kind: 'worker-answered', alive: false, runnerAlive: true, asOf: at(2001) },
      at(2002),
    );
    expect(outcome.next).toMatchObject({ state: 'failed', tombstone: { rule: 'deletion-consented' } });
    expect(effectsOf(outcome)).toEqual([push]);
    expect(outcome.next.deadline).toBe(later(at(2002), minutes(5)));
  });

  it('wakes up while it is being given back: its state goes on, and so does the question', () => {
    const vm = on(vmAfter(toStarting), { kind: 'deadline' }, late).next;
    const up = on(vm, { kind: 'guest-up', bootId: 'b' }, at(2001)).next;
    expect(up).toMatchObject({ state: 'booted', deadline: later(at(2001), seconds(30)) });
    expect(up.release).toBeDefined();
  });
});

describe('a VM that is given back', () => {
  const release: VmEvent = { kind: 'release', why: 'more VMs than queued jobs' };
  const releasing = (events = toIdle) => on(vmAfter(events), release).next;
  const answered = (answer: 'deleted' | 'absent' | 'busy', vm = releasing()) =>
    on(vm, { kind: 'deletion-answered', answer }, at(110));
  const guest = (vm: Vm, alive: boolean, runnerAlive: boolean, asOf = at(110)) =>
    on(vm, { kind: 'worker-answered', alive, runnerAlive, asOf }, at(120));

  it('was placed and nothing more: recalled by a tombstone, since no runner was asked for', () => {
    const outcome = on(vmAfter(toPlaced), release);
    expect(outcome.next).toMatchObject({
      state: 'stopping',
      tombstone: { rule: 'never-registered', reason: 'more VMs than queued jobs' },
    });
    expect(effectsOf(outcome)).toEqual([push, balance]);
  });

  it('asks GitHub first, and is no supply from then on', () => {
    const outcome = on(vmAfter(toIdle), release);
    expect(outcome.next).toMatchObject({
      state: 'idle',
      release: { why: 'more VMs than queued jobs', startedAt: now },
      deadline: later(now, seconds(30)),
    });
    expect(effectsOf(outcome)).toEqual([{ kind: 'delete-runner', vm: 'vm-1' }, balance]);
    expect(data(outcome)).toMatchObject({ why: 'more VMs than queued jobs', verdict: 'delete-runner' });
    expect(on(outcome.next, release)).toEqual({ next: outcome.next, asks: [], history: [] });
  });

  it('204, and no worker after it: destroyed with consent', () => {
    const deleted = answered('deleted');
    expect(deleted.next).toMatchObject({
      state: 'idle',
      release: { deletion: { answer: 'deleted', at: at(110) } },
    });
    expect(effectsOf(deleted)).toEqual([{ kind: 'ask-worker', vm: 'vm-1' }]);
    expect(data(deleted)).toMatchObject({ answer: 'deleted', verdict: 'ask-guest' });
    const outcome = guest(deleted.next, false, true);
    expect(outcome.next).toMatchObject({
      state: 'stopping',
      tombstone: { rule: 'deletion-consented', reason: 'more VMs than queued jobs', at: at(120) },
    });
    expect(effectsOf(outcome)).toEqual([push]);
    expect(data(outcome)).toMatchObject({ alive: false, runnerAlive: true, rule: 'deletion-consented' });
  });

  it('204, and a word of the guest from before it: the guest is asked again', () => {
    const outcome = guest(answered('deleted').next, false, true, at(109));
    expect(outcome.next.state).toBe('idle');
    expect(effectsOf(outcome)).toEqual([{ kind: 'ask-worker', vm: 'vm-1' }]);
  });

  it('204, yet a worker lives: it waits for the job, and asks GitHub again later', () => {
    const outcome = guest(answered('deleted').next, true, true);
    expect(outcome.next).toMatchObject({ state: 'idle', deadline: later(at(120), seconds(30)) });
    expect(effectsOf(outcome)).toEqual([]);
    expect(data(outcome)).toMatchObject({ verdict: 'wait', alive: true });
    const again = on(outcome.next, { kind: 'deadline' }, at(150));
    expect(effectsOf(again)).toEqual([{ kind: 'delete-runner', vm: 'vm-1' }]);
    const absent = on(again.next, { kind: 'deletion-answered', answer: 'absent' }, at(151)).next;
    expect(absent.release?.deletion).toEqual({ answer: 'deleted', at: at(151) });
    expect(guest(absent, false, true, at(151)).next.state).toBe('stopping');
  });

  it('204, then 422: GitHub takes its consent back, and the VM is kept', () => {
    const again = answered('busy', answered('deleted').next);
    expect(again.next.release).toBeUndefined();
    expect(data(again)).toMatchObject({ verdict: 'keep' });
  });

  it('404 is not consent: a living runner is waited for', () => {
    const outcome = guest(answered('absent').next, false, true);
    expect(outcome.next.state).toBe('idle');
    expect(data(outcome)).toMatchObject({ verdict: 'wait' });
    const again = on(outcome.next, { kind: 'deadline' }, at(150)).next;
    const absent = on(again, { kind: 'deletion-answered', answer: 'absent' }, at(151)).next;
    expect(absent.release?.deletion?.answer).toBe('absent');
  });

  it('404, and no runner lives: it ended', () => {
    expect(guest(answered('absent').next, false, false).next.tombstone?.rule).toBe('runner-ended');
  });

  it('422: it has a job, is kept, and the job is looked for', () => {
    const outcome = answered('busy');
    expect(outcome.next).toMatchObject({ state: 'idle', deadline: later(at(110), minutes(5)) });
    expect(outcome.next.release).toBeUndefined();
    expect(effectsOf(outcome)).toEqual([{ kind: 'read-job', job: 1 }, balance]);
    expect(data(outcome)).toMatchObject({
      answer: 'busy',
      verdict: 'keep',
      kept: 'GitHub says that its runner has a job',
    });
  });

  it('nobody answers: GitHub is asked again, then the guest', () => {
    const again = on(releasing(), { kind: 'deadline' }, at(130));
    expect(effectsOf(again)).toEqual([{ kind: 'delete-runner', vm: 'vm-1' }]);
    expect(again.next.deadline).toBe(later(at(130), seconds(30)));
    expect(on(again.next, { kind: 'deadline' }, at(220)).next.deadline).toBe(later(at(220), minutes(2)));
    expect(on(again.next, { kind: 'deadline' }, at(5000)).next.deadline).toBe(later(at(5000), minutes(10)));
    const silent = on(answered('deleted').next, { kind: 'deadline' }, at(140));
    expect(effectsOf(silent)).toEqual([{ kind: 'ask-worker', vm: 'vm-1' }]);
  });

  it('says that a job began: it is kept', () => {
    const hinted = vmAfter([...toIdle, { kind: 'guest-job-started', jobName: 'build' }]);
    const outcome = on(hinted, release);
    expect(outcome.next).toMatchObject({ state: 'idle', jobHint: 'build' });
    expect(outcome.next.release).toBeUndefined();
    expect(data(outcome)).toMatchObject({ kept: 'the guest says that a job began' });
  });

  it('gets a job in the last moment: it has it (I3)', () => {
    const vm = on(answered('deleted').next, bound(7), at(111)).next;
    expect(vm).toMatchObject({ state: 'busy', job: 7 });
    expect(guest(vm, false, true).next).toBe(vm);
    expect(answered('deleted', vm).next).toBe(vm);
    expect(on(vm, release).next).toBe(vm);
  });

  it("was registered after GitHub's answer: that answer counts for nothing", () => {
    const vm = answered('absent', releasing(toStarting)).next;
    const outcome = on(vm, registered, at(115));
    expect(outcome.next).toMatchObject({
      runnerId: 50,
      release: { why: 'more VMs than queued jobs', startedAt: now },
      deadline: later(at(115), seconds(30)),
    });
    expect(outcome.next.release?.deletion).toBeUndefined();
    expect(effectsOf(outcome)).toEqual([{ kind: 'delete-runner', vm: 'vm-1' }]);
    expect(data(outcome)).toMatchObject({ runnerId: 50 });
  });

  it('is not being given back: late answers are passed over', () => {
    const vm = vmAfter(toIdle);
    expect(answered('deleted', vm).next).toBe(vm);
    expect(guest(vm, false, false).next).toBe(vm);
  });
});

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
  });

  it("is destroyed by an operator's force", () => {
    const outcome = on(vmAfter(toBusy), { kind: 'force', operator: 'ada' });
    expect(outcome.next.tombstone).toEqual({ rule: 'operator-force', reason: 'forced by ada', at: now });
    expect(effectsOf(outcome)).toEqual([{ kind: 'read-job', job: 1 }, push]);
    expect(data(outcome)).toMatchObject({ operator: 'ada' });
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

describe('a VM whose tombstone is out', () => {
  it('is proved gone: its room is free, and its registration is removed', () => {
    const outcome = on(vmAfter(toStopping), { kind: 'proved-gone' });
    expect(outcome.next.state).toBe('gone');
    expect(outcome.next.deadline).toBeUndefined();
    expect(effectsOf(outcome)).toEqual([forget, { kind: 'read-job', job: 1 }, { kind: 'place' }]);
    expect(effectsOf(on(vmAfter(toFailed), { kind: 'proved-gone' }))).toEqual([forget, { kind: 'place' }]);
  });

  it("had its registration deleted by GitHub's own word: nothing is left to remove", () => {
    const consented = {
      ...vmAfter(toFailed),
      release: { why: '', startedAt: t0, deletion: { answer: 'deleted' as const, at: t0 } },
    };
    expect(effectsOf(on(consented, { kind: 'proved-gone' }))).toEqual([{ kind: 'place' }]);
    const absent = {
      ...consented,
      release: { why: '', startedAt: t0, deletion: { answer: 'absent' as const, at: t0 } },
    };
    expect(effectsOf(on(absent, { kind: 'proved-gone' }))).toEqual([forget, { kind: 'place' }]);
  });

  it('never had a process: there is no registration', () => {
    const recalled = vmAfter([...toPlaced, { kind: 'release', why: '' }, { kind: 'proved-gone' }]);
    expect(recalled.state).toBe('gone');
    expect(effectKinds(on(vmAfter(toPlaced), { kind: 'proved-gone' }))).toEqual(['balance', 'place']);
    expect(effectKinds(on(vmAfter(toStarting), { kind: 'proved-gone' }))).toEqual([
      'forget-runner',
      'balance',
      'place',
    ]);
    const { hardDeadline: _, ...odd } = vmAfter(toStarting);
    expect(effectKinds(on({ ...odd, runnerId: runnerId(5) }, { kind: 'proved-gone' }))).toContain(
      'forget-runner',
    );
  });

  it('is written down with its rule once', () => {
    const ended = on(vmAfter(toBusy), { kind: 'runner-ended', ranJob: true, code: 0 });
    expect(ended.history).toEqual([
      {
        at: now,
        subject: { kind: 'vm', id: 'vm-1' },
        event: 'runner-ended',
        data: {
          from: 'busy',
          to: 'stopping',
          rule: 'runner-ended',
          reason: 'the runner ended after its job',
          ranJob: true,
          code: 0,
        },
      },
    ]);
    expect(data(on(ended.next, { kind: 'proved-gone' }))).toEqual({ from: 'stopping', to: 'gone' });
    expect(data(on(vmAfter(toPlaced), { kind: 'process-up' }))).toEqual({ from: 'placed', to: 'starting' });
  });

  it('is late: the order is sent again, and its room is not given away', () => {
    for (const events of [toStopping, toFailed]) {
      const vm = vmAfter(events);
      const outcome = on(vm, { kind: 'deadline' }, at(1000));
      expect(outcome.next).toEqual({ ...vm, deadline: later(at(1000), minutes(5)) });
      expect(effectsOf(outcome)).toEqual([push]);
      expect(data(outcome)).toMatchObject({ late: true });
    }
  });

  it('is registered late: that registration goes too (I5)', () => {
    for (const events of [toStopping, toFailed, toGone]) {
      const outcome = on(vmAfter(events), { kind: 'registered', runnerId: runnerId(77) });
      expect(outcome.next.runnerId).toBe(77);
      expect(effectsOf(outcome)).toEqual([forget]);
      expect(data(outcome)).toMatchObject({ runnerId: 77 });
    }
  });

  const short = [...toIdle, { kind: 'runner-ended', ranJob: true, code: 0 }] as const;

  it("had a short job: GitHub's word of it comes late and is kept", () => {
    const stopping = vmAfter([...short]);
    const late = on(stopping, bound(7));
    expect(late.next).toEqual({ ...stopping, job: 7 });
    expect(late.asks).toEqual([]);
    expect(data(late)).toMatchObject({ job: 7 });
    const over = on(late.next, completed(7), at(101));
    expect(over.next).toEqual({ ...stopping, job: 7, jobCompletedAt: at(101) });
    expect(on(over.next, completed(7), at(102)).next).toBe(over.next);
    expect(on(over.next, bound(7), at(102)).next).toBe(over.next);
    const gone = vmAfter([...short, { kind: 'proved-gone' }]);
    expect(on(gone, completed(7)).next).toEqual({ ...gone, job: 7, jobCompletedAt: now });
  });

  it('had another job, or can have had none: a conflict', () => {
    expect(on(vmAfter(toStopping), bound(8)).history).toMatchObject([
      { event: 'conflict', data: { holds: 1 } },
    ]);
    const consented = on(vmAfter(toPlaced), { kind: 'release', why: '' }).next;
    const outcome = on(consented, bound(8));
    expect(outcome.next).toBe(consented);
    expect(outcome.history[0]?.event).toBe('conflict');
    expect(outcome.history[0]?.data).not.toHaveProperty('holds');
    const withdrawn = on(aVm(), { kind: 'release', why: '' }).next;
    expect(on(withdrawn, bound(8)).history[0]?.event).toBe('conflict');
    expect(on(aVm(), bound(8)).history[0]?.event).toBe('conflict');
  });

  it("hears its guest's last word: kept for the record, once", () => {
    const vm = vmAfter(toFailed);
    const outcome = on(vm, { kind: 'runner-ended', ranJob: false, code: 3 });
    expect(outcome.next).toEqual({ ...vm, runnerEnded: { ranJob: false, code: 3, at: now } });
    expect(data(outcome)).toMatchObject({ ranJob: false, code: 3 });
    expect(on(outcome.next, { kind: 'runner-ended', ranJob: true, code: 0 }).next).toBe(outcome.next);
  });
});

describe('a VM whose host is silent', () => {
  const unknown = vmAfter(toUnknown);

  it('is no supply, keeps its memory, and is not destroyed', () => {
    const outcome = on(vmAfter(toIdle), { kind: 'host-silent' });
    expect(outcome.next).toMatchObject({
      state: 'unknown',
      before: 'idle',
      deadline: later(now, minutes(15)),
    });
    expect(effectsOf(outcome)).toEqual([balance]);
  });

  it('is what it was when its host is back', () => {
    const outcome = on(unknown, { kind: 'host-back' });
    expect(outcome.next).toMatchObject({ state: 'idle', deadline: later(now, minutes(5)) });
    expect(outcome.next.before).toBeUndefined();
    expect(effectsOf(outcome)).toEqual([push, balance]);
  });

  it('speaks: its host is back, and then its word is heard', () => {
    const booted = vmAfter([...toBooted, { kind: 'host-silent' }]);
    const outcome = on(booted, { kind: 'runner-listening' });
    expect(outcome.next.state).toBe('idle');
    expect(outcome.history.map(({ event }) => event)).toEqual(['host-back', 'runner-listening']);
    expect(effectKinds(outcome)).toEqual(['push-host', 'balance']);
    expect(outcome.asks.filter(({ what }) => what.kind === 'vm-deadline')).toHaveLength(2);
  });

  it("gets a job by GitHub's word: it will be busy", () => {
    const outcome = on(unknown, bound(7));
    expect(outcome.next).toMatchObject({
      state: 'unknown',
      before: 'busy',
      job: 7,
      deadline: unknown.deadline,
    });
    expect(data(outcome)).toMatchObject({ job: 7 });
    expect(on(outcome.next, bound(7)).next).toBe(outcome.next);
    expect(on(outcome.next, bound(8)).history[0]?.event).toBe('conflict');
    const over = on(outcome.next, completed(7));
    expect(over.next).toMatchObject({
      state: 'unknown',
      jobCompletedAt: now,
      deadline: later(now, minutes(1)),
    });
    expect(on(over.next, completed(7), at(101)).next).toBe(over.next);
    const end = on(over.next, { kind: 'deadline' }, at(200));
    expect(end.next).toMatchObject({ state: 'stopping', tombstone: { rule: 'job-completed' } });
    expect(end.next.before).toBeUndefined();
  });

  it('was only placed when GitHub names it with a job: its life is bounded from then on', () => {
    const vm = vmAfter([...toPlaced, { kind: 'host-silent' }]);
    expect(on(vm, bound(1)).next).toMatchObject({ before: 'busy', hardDeadline: later(now, hours(6.5)) });
  });

  it('stays silent with a job: the job is read, the VM stays', () => {
    const busy = vmAfter([...toBusy, { kind: 'host-silent' }]);
    const outcome = on(busy, { kind: 'deadline' }, at(2000));
    expect(outcome.next).toEqual({ ...busy, deadline: later(at(2000), minutes(15)) });
    expect(effectsOf(outcome)).toEqual([{ kind: 'read-job', job: 1 }]);
  });

  it('stays silent without one: its idle runner is deleted, so that no job is lost in it; the VM stays', () => {
    const outcome = on(unknown, { kind: 'deadline' }, at(2000));
    expect(outcome.next).toMatchObject({
      state: 'unknown',
      release: { why: 'its host is silent', startedAt: at(2000) },
      deadline: later(at(2000), minutes(15)),
    });
    expect(effectsOf(outcome)).toEqual([{ kind: 'delete-runner', vm: 'vm-1' }]);
    const deleted = on(outcome.next, { kind: 'deletion-answered', answer: 'deleted' }, at(2001));
    expect(deleted.next).toMatchObject({
      state: 'unknown',
      release: { deletion: { answer: 'deleted', at: at(2001) } },
    });
    expect(data(deleted)).toMatchObject({ answer: 'deleted' });
    expect(effectKinds(on(deleted.next, { kind: 'deadline' }, at(3000)))).toEqual([]);
    const back = on(deleted.next, { kind: 'host-back' }, at(3001)).next;
    expect(back).toMatchObject({ state: 'idle', deadline: later(at(3001), seconds(30)) });
    expect(effectKinds(on(back, { kind: 'deadline' }, at(3031)))).toEqual(['ask-worker']);
  });

  it('was only placed: it is given up, for no runner was asked for and no job can be in it', () => {
    const placed = vmAfter([...toPlaced, { kind: 'host-silent' }]);
    const outcome = on(placed, { kind: 'deadline' }, at(2000));
    expect(outcome.next).toMatchObject({ state: 'failed', tombstone: { rule: 'never-registered' } });
    expect(effectsOf(outcome)).toEqual([push]);
  });

  it('is not being given back: an answer of GitHub is passed over', () => {
    expect(on(unknown, { kind: 'deletion-answered', answer: 'busy' }).next).toBe(unknown);
  });
});

describe('events out of place', () => {
  it('that cannot happen change nothing and are shown', () => {
    const vm = aVm();
    const outcome = on(vm, { kind: 'guest-up', bootId: 'b' });
    expect(outcome.next).toBe(vm);
    expect(outcome.asks).toEqual([]);
    expect(outcome.history).toMatchObject([
      { event: 'unexpected', data: { said: 'guest-up', why: 'no host was told of it', from: 'requested' } },
    ]);
  });

  it('that are expected change nothing at all', () => {
    const vm = vmAfter(toIdle);
    expect(on(vm, { kind: 'placed', host: hostId('other') })).toEqual({ next: vm, asks: [], history: [] });
  });

  it('a deadline that is not due only asks again', () => {
    const vm = vmAfter(toIdle);
    const outcome = on(vm, { kind: 'deadline' }, at(6));
    expect(outcome).toEqual({
      next: vm,
      asks: [{ what: { kind: 'vm-deadline', vm: 'vm-1' }, delay: minutes(5) - seconds(1) }],
      history: [],
    });
    expect(on(vmAfter(toGone), { kind: 'deadline' }).asks).toEqual([]);
  });
});
