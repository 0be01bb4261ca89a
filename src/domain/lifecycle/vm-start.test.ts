// How a VM comes up, and what is heard out of place.

import { describe, expect, it } from 'vitest';
import {
  acme,
  at,
  aVm,
  bound,
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
const place = { kind: 'place' };
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

  it('has time while others of its set wait for a host before it', () => {
    const [look, ...others] = requestVm(request, t0, timing, true).asks;
    expect(look).toEqual({ what: { kind: 'place' }, delay: seconds(1) });
    expect(others).toEqual(requestVm(request, t0, timing).asks.slice(1));
  });

  it('finds none in time: has a look asked for unless one comes anyway, and waits twice as long for the next', () => {
    const late = (vm: Vm, seconds: number) => on(vm, { kind: 'deadline' }, at(seconds));
    const outcome = late(aVm(), 60);
    expect(outcome.next).toMatchObject({ state: 'requested', since: t0, deadline: at(120) });
    expect(outcome.asks).toEqual([
      { what: { kind: 'place' }, delay: minutes(1) },
      { what: { kind: 'vm-deadline', vm: 'vm-1' }, delay: minutes(1) },
    ]);
    expect(late(outcome.next, 120).next.deadline).toBe(at(240));
    expect(late(outcome.next, 5000).next.deadline).toBe(later(at(5000), hours(1)));
    const returned = { ...aVm(), since: at(1000), deadline: at(1060) };
    expect(late(returned, 1060).next.deadline).toBe(at(1120));
    expect(late({ ...aVm(), deadline: at(10) }, 10).next.deadline).toBe(at(70));
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
    expect(effectKinds(outcome)).toEqual(['register-runner', 'place']);
    expect(data(outcome)).toMatchObject({ bootId: 'b' });
  });

  it('gives its turn to boot to another VM once its guest is up', () => {
    const asks = effectsOf(on(vmAfter(toStarting), { kind: 'guest-up', bootId: 'b' }));
    expect(asks).toEqual([{ kind: 'place' }]);
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
    expect(effectsOf(outcome)).toEqual([push, balance, place]);
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
    expect(effectsOf(outcome)).toEqual([push, balance, place]);
  });

  it('cannot be started by its host: failed, replaced, and cleared away', () => {
    const failure = { reason: 'no space left on device', owner: 'host' } as const;
    const turn = [place];
    for (const [events, asks] of [
      [toPlaced, turn],
      [toStarting, turn],
      [toBooted, []],
      [toIdle, []],
    ] as const) {
      const outcome = on(vmAfter(events), { kind: 'host-failed', failure });
      expect(outcome.next).toMatchObject({
        state: 'failed',
        failure,
        tombstone: { rule: 'failed', reason: failure.reason },
      });
      expect(effectsOf(outcome)).toEqual([push, balance, ...asks]);
      expect(data(outcome)).toMatchObject({ owner: 'host', rule: 'failed' });
    }
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

describe('a guest whose first word GitHub overtook', () => {
  const hello: VmEvent = { kind: 'guest-up', bootId: 'boot-9' };

  it('is known by its boot all the same', () => {
    const early = vmAfter([...toStarting, bound(7)]);
    expect(early).toMatchObject({ state: 'busy' });
    expect(early.bootId).toBeUndefined();
    expect(on(early, hello).next).toMatchObject({ state: 'busy', bootId: 'boot-9', job: jobId(7) });
  });

  it('does not change its boot by saying it again', () => {
    const busy = vmAfter(toBusy);
    expect(on(busy, hello).next).toBe(busy);
  });
});
