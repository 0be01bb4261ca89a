// A VM whose host says nothing.

import { describe, expect, it } from 'vitest';
import {
  at,
  bound,
  completed,
  effectKinds,
  effectsOf,
  hostA,
  timing,
  toBooted,
  toBusy,
  toIdle,
  toPlaced,
  toStopping,
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

describe('a VM whose host is removed', () => {
  const removed = { kind: 'host-removed' } as const;

  it('is gone without a proof, by a rule of its own; its registration goes and its room is free', () => {
    const outcome = on(vmAfter(toUnknown), removed);
    expect(outcome.next).toMatchObject({ state: 'gone', tombstone: { rule: 'host-removed' } });
    expect(outcome.next.deadline).toBeUndefined();
    expect(effectKinds(outcome)).toEqual(['forget-runner', 'place']);
  });

  it('that GitHub gave a job stays until GitHub says that the job is over (I3)', () => {
    const busy = vmAfter([...toBusy, { kind: 'host-silent' }]);
    const kept = on(busy, removed);
    expect(kept.next).toBe(busy);
    expect(data(kept)).toMatchObject({ why: expect.stringContaining('I3') });
    const over = on(busy, completed(1)).next;
    const outcome = on(over, removed);
    expect(outcome.next).toMatchObject({ state: 'gone', tombstone: { rule: 'job-completed' } });
  });

  it('keeps the order to destroy that was out already', () => {
    const stopping = vmAfter(toStopping);
    const outcome = on(stopping, removed);
    expect(outcome.next).toMatchObject({ state: 'gone', tombstone: stopping.tombstone });
  });

  it('never asked for a runner: none is forgotten', () => {
    const placed = vmAfter([...toPlaced, { kind: 'host-silent' }]);
    expect(effectKinds(on(placed, removed))).toEqual(['place']);
  });

  it('whose host speaks again meanwhile is left alone', () => {
    const idle = vmAfter(toIdle);
    expect(on(idle, removed).next).toBe(idle);
  });
});
