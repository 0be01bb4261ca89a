// Days and weeks of UTC, as whole numbers, so that they can be counted with and stored small.

import { days, type Instant, instantOf } from '../time.ts';

const dayMs = days(1);

/** Days since 1970-01-01. */
export const dayOf = (at: Instant): number => Math.floor(at / dayMs);
export const startOfDay = (day: number): Instant => instantOf(day * dayMs);
/** The Monday on which a day's week begins: 1970-01-01 was a Thursday. */
export const mondayOf = (day: number): number => day - ((((day + 3) % 7) + 7) % 7);
/** `2026-01-31` */
export const dayName = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);

/** Days from `from` on and before `to`. */
export interface DayRange {
  from: number;
  to: number;
}

/** The last so many days, from the Monday of the week in which they begin. */
export function wholeWeeks(now: Instant, length: number): DayRange {
  const to = dayOf(now) + 1;
  return { from: mondayOf(to - length), to };
}

/** The last so many days, today among them, and as many days before those. */
export function periodOf(now: Instant, length: number): { now: DayRange; before: DayRange } {
  const to = dayOf(now) + 1;
  return { now: { from: to - length, to }, before: { from: to - 2 * length, to: to - length } };
}
