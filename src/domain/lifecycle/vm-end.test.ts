// A VM whose tombstone is out.

import { describe, expect, it } from 'vitest';
import {
  acme,
  at,
  aVm,
  bound,
  completed,
  effectKinds,
  effectsOf,
  hostA,
  t0,
  timing,
  toBusy,
  toFailed,
  toGone,
  toIdle,
  toPlaced,
  toStarting,
  toStopping,
  vmAfter,
} from '../domain.fixture.ts';
import { runnerId } from '../ids.ts';
import { after as later, minutes } from '../time.ts';
import type { Outcome } from './effects.ts';
import type { VmEvent } from './events.ts';
import { transitionVm } from './transition-vm.ts';
import type { Vm } from './vm.ts';

const now = at(100);
const on = (vm: Vm, event: VmEvent, when = now): Outcome<Vm> => transitionVm(vm, event, when, timing);
const data = (outcome: Outcome<Vm>) => outcome.history.at(-1)?.data;
const push = { kind: 'push-host', host: hostA };
const forget = { kind: 'forget-runner', vm: 'vm-1', scope: acme, runnerName: 'bellows-x-vm-1' };

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
  });

  it("hears its guest's last word: kept for the record, once", () => {
    const vm = vmAfter(toFailed);
    const outcome = on(vm, { kind: 'runner-ended', ranJob: false, code: 3 });
    expect(outcome.next).toEqual({ ...vm, runnerEnded: { ranJob: false, code: 3, at: now } });
    expect(data(outcome)).toMatchObject({ ranJob: false, code: 3 });
    expect(on(outcome.next, { kind: 'runner-ended', ranJob: true, code: 0 }).next).toBe(outcome.next);
  });
});

describe('a VM without a host that somebody knows all the same', () => {
  const disowned = { kind: 'disowned', why: 'a host knows it' } as const;

  it.each<[string, VmEvent, object]>([
    ['a host', disowned, { why: 'a host knows it' }],
    ['GitHub, with a job', bound(8), { why: 'GitHub gave its runner a job', job: 8 }],
    ['GitHub, with a job that is over', completed(8), { why: 'GitHub gave its runner a job', job: 8 }],
  ])('is gone with its name, and another is asked for: %s', (_who, event, told) => {
    const outcome = on(aVm(), event);
    expect(outcome.next.state).toBe('gone');
    expect(outcome.next.job).toBeUndefined();
    expect(outcome.history.map((line) => line.event)).toEqual(['disowned']);
    expect(data(outcome)).toMatchObject({ from: 'requested', to: 'gone', ...told });
    expect(effectKinds(outcome)).toEqual(['balance']);
  });

  it('is what it was once it has a host of its own', () => {
    for (const life of [toPlaced, toStarting, toIdle, toBusy, toStopping, toFailed, toGone])
      expect(on(vmAfter(life), disowned).next).toEqual(vmAfter(life));
  });
});
