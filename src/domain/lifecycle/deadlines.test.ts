import { describe, expect, it } from 'vitest';
import {
  at,
  aVm,
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
import { days, hours, minutes, seconds } from '../time.ts';
import { defaultTiming, jobPatience, longestLifetimeMs, vmPatience } from './deadlines.ts';
import type { Vm } from './vm.ts';

describe('the time that a state has', () => {
  it.each<[string, Vm, number | undefined]>([
    ['requested', aVm(), minutes(1)],
    ['placed', vmAfter(toPlaced), minutes(2)],
    ['starting', vmAfter(toStarting), seconds(60)],
    ['booted', vmAfter(toBooted), minutes(4)],
    ['idle', vmAfter(toIdle), minutes(5)],
    ['idle with a hint', { ...vmAfter(toIdle), jobHint: 'build' }, minutes(2)],
    ['busy', vmAfter(toBusy), hours(6.25)],
    ['busy and completed', { ...vmAfter(toBusy), jobCompletedAt: t0 }, minutes(1)],
    ['stopping', vmAfter(toStopping), minutes(5)],
    ['failed', vmAfter(toFailed), minutes(5)],
    ['unknown', vmAfter(toUnknown), minutes(15)],
    ['unknown and completed', { ...vmAfter(toUnknown), jobCompletedAt: t0 }, minutes(1)],
    ['gone', vmAfter(toGone), undefined],
  ])('%s', (_, vm, length) => {
    expect(vmPatience(vm, timing)).toBe(length);
  });

  it('is shorter while a VM is being given back', () => {
    const release = { why: '', startedAt: at(1) };
    for (const events of [toStarting, toBooted, toIdle]) {
      expect(vmPatience({ ...vmAfter(events), release }, timing)).toBe(seconds(30));
    }
    expect(vmPatience({ ...vmAfter(toUnknown), release }, timing)).toBe(minutes(15));
    expect(vmPatience({ ...vmAfter(toStopping), release }, timing)).toBe(minutes(5));
  });

  it('of a job is by its state, shorter when it must be read', () => {
    expect(jobPatience('waiting', false, timing)).toBe(minutes(15));
    expect(jobPatience('waiting', true, timing)).toBe(minutes(1));
    expect(jobPatience('queued', false, timing)).toBe(minutes(5));
    expect(jobPatience('running', false, timing)).toBe(minutes(30));
    expect(jobPatience('running', true, timing)).toBe(minutes(1));
    for (const state of ['done', 'foreign', 'lost'] as const)
      expect(jobPatience(state, false, timing)).toBeUndefined();
  });

  it('has these defaults', () => {
    expect(defaultTiming).toEqual({
      requestedMs: minutes(1),
      requestedLongestMs: hours(1),
      behindMs: seconds(1),
      placedMs: minutes(2),
      startingMs: seconds(60),
      bootedMs: minutes(4),
      idleMs: minutes(5),
      hintedMs: minutes(2),
      releaseRetryMs: seconds(30),
      releaseLongestMs: minutes(10),
      completedGraceMs: minutes(1),
      stoppingMs: minutes(5),
      unknownMs: minutes(15),
      lifetimeMs: hours(6.5),
      lifetimeWarningMs: minutes(15),
      returnedPauseMs: seconds(5),
      jobWaitingMs: minutes(15),
      jobQueuedMs: minutes(5),
      jobRunningMs: minutes(30),
      jobUndecidedMs: minutes(1),
      jobRereadMs: seconds(5),
      jobLongestMs: hours(3),
      jobSettleMs: seconds(2),
      jobEndReadMs: seconds(15),
    });
    expect(longestLifetimeMs).toBe(days(5));
  });
});
