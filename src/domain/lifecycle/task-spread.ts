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
  what.kind === 'repair' ? 0 : hashOf(taskKey(what)) % spreadOverMs;

/** FNV-1a, 32 bits: for spreading, and for nothing that anybody would want to guess. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}
