// GitHub gives no more than the first 1,000 results of a search. So a span of time that holds more is asked for in halves, and
// they in halves again, down to a second: GitHub's times are no finer.

import { type Instant, instantOf, seconds } from '../time.ts';

/** Both ends belong to it. */
export interface Span {
  from: Instant;
  to: Instant;
}

/** The two halves, newest first; undefined for a second, which cannot be halved. */
export function halves({ from, to }: Span): readonly [Span, Span] | undefined {
  const length = Math.floor((to - from) / seconds(1));
  if (length < 1) return undefined;
  const middle = instantOf(from + seconds(Math.floor(length / 2)));
  return [
    { from: instantOf(middle + seconds(1)), to },
    { from, to: middle },
  ];
}
