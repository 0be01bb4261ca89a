// How a tally and its days are told, by whoever counted them.

import { type DayRange, dayName } from '../../domain/insights/calendar.ts';
import { averageMs, type Tally } from '../../domain/insights/tally.ts';
import type { ApiTally } from './insights.ts';

export const describeTally = (tally: Tally): ApiTally => ({
  builds: tally.builds,
  minutes: Math.round(tally.ms / 6_000) / 10,
  success: tally.success,
  failure: tally.failure,
  cancelled: tally.cancelled,
  skipped: tally.skipped,
  other: tally.other,
  averageMs: averageMs(tally),
  longestMs: tally.longestMs,
});

/** The first day and the last one. */
export const describeDays = ({ from, to }: DayRange): { from: string; to: string } => ({
  from: dayName(from),
  to: dayName(to - 1),
});
