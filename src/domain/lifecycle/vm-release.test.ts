// A VM that is late or no longer needed: given back, and never simply destroyed.

import { describe, expect, it } from 'vitest';
import {
  at,
  bound,
  effectsOf,
  hostA,
  timing,
  toBooted,
  toIdle,
  toPlaced,
  toStarting,
  vmAfter,
} from '../domain.fixture.ts';
import { runnerId } from '../ids.ts';
import { after as later, minutes, seconds } from '../time.ts';
import type { Outcome } from './effects.ts';
import type { VmEvent } from './events.ts';
import { transitionVm } from './transition-vm.ts';
import type { Vm } from './vm.ts';

const now = at(100);
const on = (vm: Vm, event: VmEvent, when = now): Outcome<Vm> => transitionVm(vm, event, when, timing);
const data = (outcome: Outcome<Vm>) => outcome.history.at(-1)?.data;
const balance = { kind: 'balance', scope: 'org:acme#1', labels: 'bellows-2cpu-4gb' };
const push = { kind: 'push-host', host: hostA };
const registered: VmEvent = { kind: 'registered', runnerId: runnerId(50) };

describe('a VM that is late', () => {
  const late = at(2000);

  it.each<[string, string, readonly VmEvent[]]>([
    ['its guest did not answer in time', 'bellows', toStarting],
    [
      'GitHub did not register its runner in time',
      'github',
      [...toStarting, { kind: 'guest-up', bootId: 'b' }],
    ],
    ['its runner did not listen in time', 'bellows', toBooted],
  ])('%s: it is given back, not destroyed, and replaced at once', (reason, owner, events) => {
    const vm = vmAfter(events);
    const outcome = on(vm, { kind: 'deadline' }, late);
    expect(outcome.next).toMatchObject({
      state: vm.state,
      since: vm.since,
      failure: { reason, owner },
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
    expect(effectsOf(outcome)).toEqual([push, balance, { kind: 'place' }]);
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

  it('204, yet a worker lives: it waits for the job, reads it, and asks GitHub again later', () => {
    const outcome = guest(answered('deleted').next, true, true);
    expect(outcome.next).toMatchObject({ state: 'idle', deadline: later(at(120), seconds(30)) });
    expect(effectsOf(outcome)).toEqual([{ kind: 'read-job', job: 1 }]);
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
