import { describe, expect, it } from 'vitest';
import { aHost, at, bound, completed, t0, toBusy, toIdle, toStopping, vmAfter } from '../domain.fixture.ts';
import { minutes } from '../time.ts';
import { isGone, type RunnerSeen, whyHostStays } from './host-removal.ts';

const removeAfter = minutes(15);
const dead = aHost('a', { auto: true, state: 'silent', lastHeardAt: t0 });

describe('a host', () => {
  it('that a machine enrolled is gone when it said nothing for the time', () => {
    expect(isGone(dead, at(900), removeAfter)).toBe(true);
    expect(isGone(dead, at(899), removeAfter)).toBe(false);
  });

  it('that a person enrolled is never gone: somebody will mend it', () => {
    const { auto: _, ...kept } = dead;
    expect(isGone(kept, at(90_000), removeAfter)).toBe(false);
    expect(isGone({ ...dead, auto: false }, at(90_000), removeAfter)).toBe(false);
  });

  it('that never dialled in counts from its enrolment', () => {
    const { lastHeardAt: _, ...never } = dead;
    expect(isGone({ ...never, enrolledAt: at(10) }, at(909), removeAfter)).toBe(false);
    expect(isGone({ ...never, enrolledAt: at(10) }, at(910), removeAfter)).toBe(true);
  });

  it('that is online is not gone', () => {
    expect(isGone({ ...dead, state: 'online' }, at(90_000), removeAfter)).toBe(false);
  });

  it('is remembered while an operator has disabled it, and not while it is merely drained', () => {
    const hold = { by: 'ada', why: '', since: at(0) };
    expect(isGone({ ...dead, hold: { ...hold, kind: 'disabled' } }, at(90_000), removeAfter)).toBe(false);
    expect(isGone({ ...dead, hold: { ...hold, kind: 'draining' } }, at(90_000), removeAfter)).toBe(true);
  });
});

describe('a host that is gone', () => {
  const silent = { kind: 'host-silent' } as const;
  const idle = vmAfter([...toIdle, silent]);
  const busy = vmAfter([...toBusy, silent]);
  const over = vmAfter([...toBusy, completed(1), silent]);
  const why = (vm: typeof idle, seen?: RunnerSeen) =>
    whyHostStays([vm], new Map(seen === undefined ? [] : [[vm.id, seen]]))?.why;

  it('without VMs may go', () => {
    expect(whyHostStays([], new Map())).toBeUndefined();
  });

  it('stays while GitHub shows one of its runners online', () => {
    expect(why(idle, 'online')).toMatch(/online/);
    expect(why(over, 'online')).toMatch(/online/);
  });

  it('stays while GitHub will not let a runner of it go', () => {
    expect(why(idle, 'busy')).toMatch(/job/);
  });

  it('stays while a job in it is not over by GitHub (I3), whatever is said of its runner', () => {
    expect(why(busy, 'none')).toMatch(/job/);
    expect(why(vmAfter([...toIdle, silent, bound(3)]), 'none')).toMatch(/job/);
    expect(why(over, 'none')).toBeUndefined();
  });

  it('stays while GitHub was not asked', () => {
    expect(why(idle)).toMatch(/not asked/);
  });

  it('may go when no runner of it is left, and with VMs that were to be destroyed anyway', () => {
    expect(why(idle, 'none')).toBeUndefined();
    expect(why(vmAfter(toStopping), 'none')).toBeUndefined();
  });

  it('stays when one of many VMs keeps it', () => {
    const seen = new Map([[idle.id, 'none' as const]]);
    expect(whyHostStays([idle, { ...busy, id: over.id }], seen)?.vm).toBe(over.id);
  });
});
