// What the insights' handlers share: whose rows are counted, and how a tally is told.

import { type Caller, narrowed } from '../../domain/access/caller.ts';
import type { DayRange } from '../../domain/insights/calendar.ts';
import { dayName } from '../../domain/insights/calendar.ts';
import { averageMs, type Tally } from '../../domain/insights/tally.ts';
import type { ApiTally } from '../../wire/api/insights.ts';

/** For the filter: the accounts that are asked for, as far as the caller sees them. */
export function ownersCounted(caller: Caller, owner: string | undefined): { owners?: readonly string[] } {
  const owners = narrowed(caller.reach, owner === undefined ? 'all' : [owner.toLowerCase()]);
  return owners === 'all' ? {} : { owners };
}

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
