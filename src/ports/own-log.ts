import type { Instant } from '../domain/time.ts';

/** The last lines of what this program itself has logged. */
export interface OwnLog {
  /** At most the last `count` lines, at `since` or later, oldest first. */
  read(wanted: { count: number; since?: Instant }): readonly string[];
}
