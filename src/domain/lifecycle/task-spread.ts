import { fnv1a } from '../fnv.ts';
import type { DurationMs } from '../time.ts';
import { seconds } from '../time.ts';
import type { Deadline, Effect } from './effects.ts';
import { taskKey } from './task-key.ts';

/** Within this time after a limit has ended those come back that it had turned away. */
export const spreadOverMs: DurationMs = seconds(15);

/**
 * How long after the others a task comes back that a limit turned away: all at the same instant would run into the next
 * limit. Always the same for the same task, so that trying again does not put it off for ever. A loop is alone and waits for
 * nobody.
 */
export const spreadOf = (what: Effect | Deadline): DurationMs =>
  what.kind === 'repair' ? 0 : fnv1a(taskKey(what)) % spreadOverMs;
