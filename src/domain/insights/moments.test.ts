import { describe, expect, it } from 'vitest';
import { vmId } from '../ids.ts';
import type { HistoryLine } from '../lifecycle/effects.ts';
import { instantOf } from '../time.ts';
import { instantIn, vmMoments } from './moments.ts';

const line = (at: number, event: string, data: Record<string, unknown> = {}): HistoryLine => ({
  ...{ at: instantOf(at), event, data },
  subject: { kind: 'vm', id: vmId('vm-1') },
});

describe('the moments of a VM', () => {
  it('are those of the first line that tells of each', () => {
    const names = [
      'placed',
      'process-up',
      'registered',
      'guest-up',
      'runner-listening',
      'guest-job-started',
      'proved-gone',
    ];
    const lines = names.map((event, index) => line(10 * index + 10, event));
    expect(vmMoments([...lines, ...names.map((event) => line(999, event))])).toStrictEqual({
      placed: 10,
      processUp: 20,
      registered: 30,
      guestUp: 40,
      listening: 50,
      given: 60,
      gone: 70,
    });
    expect(vmMoments([])).toStrictEqual({});
  });

  it('take the host’s line for the runner’s own word where that never came', () => {
    expect(vmMoments([line(5, 'agent-runner-listening')])).toEqual({ listening: 5 });
    const both = [line(5, 'agent-runner-listening'), line(7, 'runner-listening')];
    expect(vmMoments(both)).toEqual({ listening: 7 });
  });

  it('take whoever told first that it had its job', () => {
    const given = (...lines: HistoryLine[]) => vmMoments(lines).given;
    expect(given(line(5, 'guest-job-started'), line(7, 'job-bound'))).toBe(5);
    expect(given(line(7, 'guest-job-started'), line(5, 'job-bound'))).toBe(5);
    expect(given(line(7, 'job-bound'))).toBe(7);
    expect(given(line(5, 'guest-job-started'))).toBe(5);
  });
});

it('an instant is read from a line only where it is one', () => {
  expect(instantIn(line(1, 'heard', { asOf: 7 }), 'asOf')).toBe(7);
  expect(instantIn(line(1, 'heard', { asOf: '7' }), 'asOf')).toBeUndefined();
  expect(instantIn(line(1, 'heard'), 'asOf')).toBeUndefined();
  expect(instantIn(undefined, 'asOf')).toBeUndefined();
});
