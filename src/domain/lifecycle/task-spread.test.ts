import { describe, expect, it } from 'vitest';
import { vmId } from '../ids.ts';
import { spreadOf, spreadOverMs } from './task-spread.ts';

const register = (number: number) =>
  ({ kind: 'register-runner', vm: vmId(`vm-${String(number).padStart(12, '0')}`) }) as const;

describe('tasks that a limit turned away', () => {
  it('come back one after the other, within a quarter of a minute', () => {
    const waits = Array.from({ length: 1000 }, (_, number) => spreadOf(register(number)));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThan(spreadOverMs);
    const perSecond = Map.groupBy(waits, (wait) => Math.floor(wait / 1000));
    expect(perSecond.size).toBe(15);
    for (const crowd of perSecond.values()) expect(crowd.length).toBeLessThan(120);
  });

  it('wait as long each time', () => {
    expect(spreadOf(register(7))).toBe(spreadOf(register(7)));
  });

  it('wait for nobody when they are a loop', () => {
    expect(spreadOf({ kind: 'repair', loop: 'poll' })).toBe(0);
  });
});
