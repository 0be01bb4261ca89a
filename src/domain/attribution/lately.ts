// What was seen in the last hour or so, kept beside the usual so that people can compare the two at any time, also while
// nothing is wrong. Incidents are judged without it.

import type { DurationMs, Instant } from '../time.ts';
import { minutes } from '../time.ts';
import { faded, type Histogram, nothingSeen, withValues } from './histogram.ts';

export interface Lately {
  readonly seen: Histogram;
  /** When it was last made to fade. */
  readonly asOf: Instant;
}

/** After so long, what was seen counts half. */
const halfLifeMs: DurationMs = minutes(30);

/** It is written each minute, and made to fade more seldom: nobody sees the difference. */
const fadedEveryMs: DurationMs = minutes(5);

/** As it is at `at`; an earlier one than it is of changes nothing. */
export const latelyAt = (lately: Lately | undefined, at: Instant): Histogram =>
  lately === undefined
    ? nothingSeen
    : faded(lately.seen, 0.5 ** (Math.max(0, at - lately.asOf) / halfLifeMs));

export const withLately = (
  lately: Lately | undefined,
  at: Instant,
  values: readonly number[],
): Lately | undefined =>
  values.length === 0
    ? lately
    : lately !== undefined && at - lately.asOf < fadedEveryMs
      ? { ...lately, seen: withValues(lately.seen, values) }
      : { seen: withValues(latelyAt(lately, at), values), asOf: at };
