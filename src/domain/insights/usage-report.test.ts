import { expect, it } from 'vitest';
import { hours, instantOf, minutes } from '../time.ts';
import { dayOf } from './calendar.ts';
import { type CountedJob, usageReport } from './usage-report.ts';
import { halves } from './whole-search.ts';

const midnight = instantOf(Date.parse('2026-03-01T00:00:00Z'));
const day = dayOf(midnight);
const job = (change: Partial<CountedJob>): CountedJob => ({
  repository: 'acme/app',
  actor: 'ada',
  end: 'success',
  ms: minutes(1),
  endedAt: midnight,
  ...change,
});

it('counts the days that are asked for and no other, most minutes first', () => {
  const report = usageReport(
    [
      job({}),
      job({ repository: 'acme/site', ms: minutes(5), end: 'failure' }),
      job({ endedAt: instantOf(midnight - 1) }),
      job({ endedAt: instantOf(midnight + hours(24)) }),
    ],
    { from: day, to: day + 1 },
  );
  expect(report.total).toMatchObject({ builds: 2, success: 1, failure: 1, ms: minutes(6) });
  expect(report.repositories.map(({ name }) => name)).toEqual(['acme/site', 'acme/app']);
  expect(report.users).toMatchObject([{ name: 'ada', tally: { builds: 2 } }]);
});

it('halves a span without a gap and without an overlap, down to a second', () => {
  const at = (s: number) => instantOf(midnight + s * 1000);
  expect(halves({ from: at(0), to: at(9) })).toEqual([
    { from: at(5), to: at(9) },
    { from: at(0), to: at(4) },
  ]);
  expect(halves({ from: at(0), to: at(1) })).toEqual([
    { from: at(1), to: at(1) },
    { from: at(0), to: at(0) },
  ]);
  expect(halves({ from: at(0), to: at(0) })).toBeUndefined();
});
