import { describe, expect, it } from 'vitest';
import {
  aJob,
  at,
  toBooted,
  toBusy,
  toFailed,
  toGone,
  toIdle,
  toPlaced,
  toStarting,
  toStopping,
  vmAfter,
} from '../domain.fixture.ts';
import type { VmEvent } from '../lifecycle/events.ts';
import { currentPhase } from './current-phase.ts';

const job = aJob({ state: 'queued', since: at(50) });

describe('the phase that a job is in', () => {
  it.each<[string, readonly VmEvent[]]>([
    ['starting', toPlaced],
    ['booting', toStarting],
    ['connecting', toBooted],
    ['assigning', toIdle],
  ])('is %s while its VM is there', (name, events) => {
    const vm = vmAfter(events);
    expect(currentPhase(job, vm)).toEqual({ name, since: vm.since });
  });

  it('is placing as long as there is no VM, or none that gets anywhere', () => {
    const placing = { name: 'placing', since: at(50) };
    expect(currentPhase(job, undefined)).toEqual(placing);
    expect(currentPhase(job, vmAfter([]))).toEqual(placing);
    expect(currentPhase(job, vmAfter(toFailed))).toEqual(placing);
  });

  it('is running while it runs, whatever its VM says', () => {
    const running = { ...job, state: 'running' } as const;
    expect(currentPhase(running, undefined)).toEqual({ name: 'running', since: at(50) });
    expect(currentPhase(running, vmAfter(toBooted))).toEqual({ name: 'running', since: at(50) });
  });

  it('is clearing from its end until nothing of its VM is left', () => {
    const done = { ...job, state: 'done' } as const;
    expect(currentPhase(done, vmAfter(toStopping))).toEqual({ name: 'clearing', since: at(50) });
    expect(currentPhase(done, vmAfter(toGone))).toBeUndefined();
    expect(currentPhase(done, undefined)).toBeUndefined();
  });

  it('is none while GitHub holds it back', () => {
    expect(currentPhase({ ...job, state: 'waiting' }, undefined)).toBeUndefined();
    expect(currentPhase({ ...job, state: 'waiting' }, vmAfter(toBusy))).toBeUndefined();
  });
});
