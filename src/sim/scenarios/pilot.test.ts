import { describe, expect, test } from 'vitest';
import { SystemClock } from '../../adapters/system/clock.ts';
import { instantOf } from '../../domain/time.ts';
import { simulationStart } from '../clock.ts';
import { faultNames } from '../swarm/fault-kinds.ts';
import { playPilot } from './pilot.ts';
import { dayOf, wholePilot } from './pilot-calendar.ts';

const dayMs = 24 * 3_600_000;
const calendar = Array.from({ length: wholePilot.days }, (_, index) =>
  dayOf(wholePilot, index, instantOf(simulationStart + index * dayMs)),
);

describe('the pilot', () => {
  test('at one two-hundredth of its load ends with nothing lost', { timeout: 300_000 }, async () => {
    const told: string[] = [];
    const ending = await playPilot(
      { ...wholePilot, days: 2, runsPerDay: 11 },
      { tell: (line) => told.push(line) },
    );
    expect(ending).toMatchObject({ outcome: 'ok', findings: [] });
    const { injected, ...counts } = ending.report ?? {};
    expect(counts).toEqual({ lostJobs: 0, doubleRuns: 0, leakedVms: 0, staleRows: 0, busyKilled: 0 });
    expect(Object.keys(injected ?? {}).length).toBeGreaterThan(2);
    expect(ending.vms).toBeGreaterThan(40);
    expect(ending.webhooks).toBeGreaterThan(120);
    expect(Object.keys(ending.repairs)).toContain('vm-replaced');
    expect(told).toHaveLength(2);
  });

  test('is a crash when anything in it reaches for the real world', { timeout: 300_000 }, async () => {
    const ending = await playPilot(
      { ...wholePilot, days: 1, runsPerDay: 1 },
      { tell: () => void new SystemClock().now() },
    );
    expect(ending.outcome).toBe('crash');
    expect(ending.error).toContain('reached for Date.now in SystemClock.now');
  });

  test('lasts two months, works in the week and rests at weekends', () => {
    const work = calendar.map(({ options }) => options.runs);
    expect(work.length).toBeGreaterThanOrEqual(60);
    // The first of January 2026 was a Thursday.
    const [thursday = 0, friday = 0, saturday = 0, sunday = 0] = work;
    expect(Math.min(thursday, friday)).toBeGreaterThan(10 * Math.max(saturday, sunday));
  });

  test('has weeks in which much breaks and weeks in which little does', () => {
    const spells = calendar.map((day) => day.spells.length);
    const ofWeek = (week: number): number =>
      spells.slice(7 * week, 7 * week + 7).reduce((sum, count) => sum + count, 0);
    expect(ofWeek(1)).toBeGreaterThanOrEqual(10);
    expect(ofWeek(2)).toBeLessThanOrEqual(5);
  });

  test('knows every kind of fault that a seed may choose', () => {
    const kinds = new Set(
      calendar.flatMap(({ options, spells }) =>
        [options, ...spells.map((spell) => spell.options)].flatMap(({ faults }) => Object.keys(faults)),
      ),
    );
    expect([...faultNames].filter((name) => !kinds.has(name))).toEqual([]);
  });

  test('repeats its days when it is measured', () => {
    const size = { ...wholePilot, sameDays: 2 };
    const day = (index: number) => dayOf(size, index, instantOf(simulationStart + index * dayMs));
    expect(day(2)).toEqual(day(0));
    expect(day(5)).toEqual(day(1));
    expect(day(1)).not.toEqual(day(0));
  });
});
