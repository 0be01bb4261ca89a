import { describe, expect, it } from 'vitest';
import { aJob, at, aVm, delivery, hostA, read } from '../domain.fixture.ts';
import { runnerId } from '../ids.ts';
import { labelKey } from '../labels/label-set.ts';
import type { VmState } from '../lifecycle/vm.ts';
import { goingOn, mayBeOverdue, openPhaseOf } from './going-on.ts';
import type { StreamKey } from './sample.ts';
import { newStream, type Stream } from './stream.ts';

const vmIn = (state: VmState, over: Parameters<typeof aVm>[0] = {}) =>
  aVm({ state, host: hostA, requestedAt: at(0), since: at(100), ...over });
const phaseOf = (...args: Parameters<typeof vmIn>) => goingOn(vmIn(...args))?.phase;

describe('what goes on in a VM', () => {
  it('follows its state', () => {
    expect(goingOn(vmIn('requested'))).toMatchObject({ phase: 'placing', from: at(0) });
    expect(goingOn(vmIn('placed'))).toMatchObject({ phase: 'starting', from: at(100) });
    expect(phaseOf('starting')).toBe('booting');
    expect(phaseOf('idle')).toBe('assigning');
    expect(phaseOf('busy')).toBe('running');
    for (const state of ['unknown', 'failed', 'gone', 'stopping'] as const)
      expect(phaseOf(state)).toBeUndefined();
  });

  it('is GitHub’s registration, not the network, while the guest has nothing to start its runner with', () => {
    expect(phaseOf('booted')).toBe('registering');
    expect(phaseOf('booted', { runnerId: runnerId(5) })).toBe('connecting');
  });

  it('is the clearing once the job is over', () => {
    expect(goingOn(vmIn('stopping', { jobCompletedAt: at(70) }))).toMatchObject({
      phase: 'clearing',
      from: at(70),
    });
    expect(phaseOf('busy', { jobCompletedAt: at(70) })).toBe('clearing');
  });
});

describe('an open phase', () => {
  const open = (state: VmState, job = aJob(), ofRun: readonly ReturnType<typeof aJob>[] = []) => {
    const found = goingOn(vmIn(state));
    return found && openPhaseOf(found, job, ofRun, at(160));
  };

  it('has taken as long as it has by now', () => {
    expect(open('placed')).toMatchObject({
      ...{ kind: 'time', phase: 'starting', ms: 60_000, at: at(160), host: hostA },
    });
    const running = aJob({ state: 'running' }, delivery('in_progress', at(40), { startedAt: at(40) }));
    expect(open('busy', running)).toMatchObject({ phase: 'running', ms: 120_000 });
  });

  it('of a runner that waits counts while its job is queued, from when both were there', () => {
    expect(open('idle', aJob({ state: 'queued' }, delivery('queued', at(130))))).toMatchObject({
      ms: 30_000,
    });
    expect(open('idle', aJob({ state: 'queued' }, delivery('queued', at(10))))).toMatchObject({ ms: 60_000 });
    expect(open('idle', aJob({ state: 'running' }))).toBeUndefined();
    expect(
      open('idle', aJob({ state: 'queued' }, delivery('queued', at(10))), [aJob({ state: 'queued' })]),
    ).toMatchObject({ ms: 60_000 });
  });

  it('of a runner that waits does not count where nobody knows since when its job is queued', () => {
    expect(open('idle', aJob({ state: 'queued' }, read('queued', at(10))))).toBeUndefined();
  });

  it('of a VM that waits for no job yet counts whatever became of the job that it was made for', () => {
    const taken = aJob({ state: 'running' }, delivery('in_progress', at(40), { startedAt: at(40) }));
    expect(open('starting', taken)).toMatchObject({ phase: 'booting', ms: 60_000 });
  });

  it('of a job counts from its start, and not when that is not known or it is over', () => {
    expect(open('busy', aJob({ state: 'running' }))).toBeUndefined();
    const started = aJob({ state: 'done' }, delivery('in_progress', at(40), { startedAt: at(40) }));
    expect(open('busy', started)).toBeUndefined();
  });

  it('of a runner that waits does not count while GitHub may hold its job back for another of its run', () => {
    expect(open('idle', aJob({ state: 'queued' }), [aJob({ state: 'running' })])).toBeUndefined();
  });
});

describe('what is left out before any job is read', () => {
  const usual = { centre: Math.log(30_250), scale: 0.2, tilt: 1, offset: 0.5, asOf: at(0) };
  const known = new Map<StreamKey, Stream>([
    [`time starting host:${hostA}`, { ...newStream(at(0)), usual }],
    [`time placing labels:${labelKey(aVm().labels)}`, { ...newStream(at(0)), usual }],
    ['time assigning all', { ...newStream(at(0)), usual }],
  ]);
  const mayBe = (state: VmState, now: number) => {
    const found = goingOn(vmIn(state));
    return found && mayBeOverdue(found, known, at(now));
  };

  it('is what has not yet taken as long as usual, and what nothing is known of', () => {
    expect(mayBe('placed', 120)).toBe(false);
    expect(mayBe('placed', 130.1)).toBe(true);
    expect(mayBe('idle', 140)).toBe(true);
    expect(mayBe('idle', 120)).toBe(false);
    expect(mayBe('requested', 40)).toBe(true);
    expect(mayBe('starting', 500)).toBe(false);
    expect(mayBe('busy', 101)).toBe(true);
  });
});
