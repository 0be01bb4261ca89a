// What history lines say of when a VM came how far. All who measure where a job's time went read it here.

import type { HistoryLine } from '../lifecycle/effects.ts';
import { type Instant, instantOf } from '../time.ts';

export interface VmMoments {
  placed?: Instant;
  processUp?: Instant;
  registered?: Instant;
  guestUp?: Instant;
  listening?: Instant;
  /** GitHub gave its runner the job. */
  given?: Instant;
  gone?: Instant;
}

export function vmMoments(lines: readonly HistoryLine[]): VmMoments {
  const first = (event: string): Instant | undefined => lines.find((line) => line.event === event)?.at;
  return present({
    placed: first('placed'),
    processUp: first('process-up'),
    registered: first('registered'),
    guestUp: first('guest-up'),
    // GitHub may bind the job before the runner's own word arrives; then only the host's line tells of that word.
    listening: first('runner-listening') ?? first('agent-runner-listening'),
    given: earliest(first('guest-job-started'), first('job-bound')),
    gone: first('proved-gone'),
  });
}

export function instantIn(line: HistoryLine | undefined, field: string): Instant | undefined {
  const value = line?.data[field];
  return typeof value === 'number' ? instantOf(value) : undefined;
}

const earliest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined ? b : b === undefined ? a : a < b ? a : b;

const present = (moments: { [Name in keyof VmMoments]: Instant | undefined }): VmMoments =>
  Object.fromEntries(Object.entries(moments).filter(([, at]) => at !== undefined));
