import { describe, expect, it } from 'vitest';
import { at, aVm, t0, toBooted, toBusy, toIdle, toPlaced, vmAfter } from '../domain.fixture.ts';
import { jobId } from '../ids.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { idleTooLong } from '../lifecycle/vm-release.ts';
import { after as later, minutes } from '../time.ts';
import { backoffOf, defaultBackoff, type Setback, setbackOf } from './setback.ts';

describe('a setback', () => {
  const idle = vmAfter(toIdle);
  const is = (vm: Vm) => setbackOf(vm);

  it('is a VM that failed', () => {
    const failed = vmAfter([
      ...toBooted,
      { kind: 'host-failed', failure: { reason: 'died', owner: 'host' } },
    ]);
    expect(is(failed)).toEqual({ kind: 'failed', cause: 1, requestedAt: t0, at: at(5) });
    const late: Vm = {
      ...idle,
      failure: { reason: 'late', owner: 'bellows' },
      release: { why: 'late', startedAt: at(70) },
    };
    expect(is(late)).toMatchObject({ kind: 'failed', at: at(70) });
    expect(is({ ...idle, failure: { reason: 'late', owner: 'bellows' } })).toMatchObject({
      kind: 'failed',
      at: idle.since,
    });
  });

  it('is a VM that nobody gave a job, from the moment it is given back for that', () => {
    expect(is({ ...idle, release: { why: idleTooLong, startedAt: at(300) } })).toEqual({
      kind: 'idled-out',
      cause: 1,
      requestedAt: t0,
      at: at(300),
    });
    const evicted = vmAfter([...toIdle, { kind: 'runner-ended', ranJob: false, code: 0 }]);
    expect(is(evicted)).toMatchObject({ kind: 'idled-out', at: at(6) });
  });

  it('is none that had a job, still may get one, or was surplus', () => {
    expect(is(idle)).toBeUndefined();
    expect(is(aVm())).toBeUndefined();
    expect(is(vmAfter(toBusy))).toBeUndefined();
    expect(is({ ...idle, job: jobId(1), failure: { reason: '', owner: 'host' } })).toBeUndefined();
    expect(is({ ...idle, release: { why: 'surplus', startedAt: at(300) } })).toBeUndefined();
    expect(is(vmAfter([...toPlaced, { kind: 'release', why: 'surplus' }]))).toBeUndefined();
    const ran = vmAfter([...toIdle, { kind: 'runner-ended', ranJob: true, code: 0 }]);
    expect(is(ran)).toBeUndefined();
    const surplus = {
      ...idle,
      release: { why: 'surplus', startedAt: at(5) },
      runnerEnded: { ranJob: false, code: 0, at: at(6) },
    };
    expect(is(surplus)).toBeUndefined();
  });
});

describe('the back-off', () => {
  /** A setback of a VM asked for and lost at these seconds. */
  const lost = (requested: number, ended: number): Setback => ({
    kind: 'failed',
    cause: jobId(1),
    requestedAt: at(requested),
    at: at(ended),
  });
  const rounds = (n: number) => Array.from({ length: n }, (_, index) => lost(100 * index, 100 * index + 50));
  const pause = (n: number): number | undefined => {
    const found = backoffOf(rounds(n), undefined, defaultBackoff);
    return found && (found.until - at(100 * (n - 1) + 50)) / minutes(1);
  };

  it('costs nothing the first time, then 1, 2, 4, 8 and 15 minutes', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 20].map(pause)).toEqual([undefined, 0, 1, 2, 4, 8, 15, 15, 15]);
    expect(backoffOf(rounds(3), undefined, defaultBackoff)?.rounds).toBe(3);
  });

  it('counts VMs that were asked for together once', () => {
    const count = (...setbacks: Setback[]) => backoffOf(setbacks, undefined, defaultBackoff)?.rounds;
    const together = [lost(0, 50), lost(1, 60), lost(2, 40), lost(55, 70)];
    expect(count(...together)).toBe(1);
    expect(backoffOf([...together, lost(80, 90)], undefined, defaultBackoff)).toEqual({
      rounds: 2,
      until: later(at(90), minutes(1)),
    });
    expect(count(lost(80, 90), lost(0, 50))).toBe(2);
    expect(count(lost(80, 90), lost(55, 70), ...together)).toBe(2);
    expect(count(lost(0, 50), lost(0, 99), lost(50, 60))).toBe(1);
  });

  it('counts one that was asked for at the very end of another anew: each refused at once would be a storm', () => {
    const count = (...setbacks: Setback[]) => backoffOf(setbacks, undefined, defaultBackoff)?.rounds;
    expect(count(lost(0, 50), lost(50, 60))).toBe(2);
    expect(count(lost(0, 50), lost(50, 60), lost(60, 61))).toBe(3);
    expect(count(lost(0, 50), lost(51, 60))).toBe(2);
    expect(count(lost(0, 99), lost(1, 50), lost(60, 110))).toBe(1);
  });

  it('is lifted by news', () => {
    expect(backoffOf(rounds(3), at(251), defaultBackoff)).toBeUndefined();
    expect(backoffOf(rounds(3), at(250), defaultBackoff)).toBeUndefined();
    expect(backoffOf(rounds(3), at(60), defaultBackoff)?.rounds).toBe(2);
    expect(backoffOf(rounds(3), at(50), defaultBackoff)?.rounds).toBe(2);
    expect(backoffOf(rounds(3), at(49), defaultBackoff)?.rounds).toBe(3);
  });

  it('may be switched off', () => {
    expect(backoffOf(rounds(5), undefined, { backoffMs: [] })).toEqual({ rounds: 5, until: at(450) });
  });
});
