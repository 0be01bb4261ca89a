// Repair loops as rows among the tasks: any number of control planes run each loop once, the loop says when it is due again,
// and when the process that ran it has died, another takes it up after the lease.

import type { RepairLoopKind } from '../../domain/repair/loops.ts';
import { after, type DurationMs, hours, minutes } from '../../domain/time.ts';
import type { Deps } from '../deps.ts';
import type { RepairLoop } from './loop.ts';
import { repairLoops } from './loops.ts';

/** A round that failed comes again within this time, however often it failed: the loop is what mends the failure. */
export const longestFailurePauseMs = minutes(1);

/**
 * Makes sure that each loop has its row. A process that starts wants a round at once, since much may have been missed; later
 * on this only brings back a row that somebody deleted. One that is taken asks for the next round itself: a second row beside
 * it would be one more after each death of a process, and all of them would come due together.
 */
export function recurringStep(deps: Pick<Deps, 'store' | 'clock'>): () => Promise<DurationMs> {
  let delayMs = 0;
  return async () => {
    const dueAt = after(deps.clock.now(), delayMs);
    await deps.store.transaction(async (tx) => {
      for (const { kind: loop } of repairLoops) {
        if (!(await tx.tasks.isTaken({ kind: 'repair', loop })))
          await tx.tasks.enqueue({ kind: 'repair', loop }, dueAt);
      }
      if (delayMs === 0) tx.wake('tasks');
    });
    delayMs = hours(1);
    return minutes(10);
  };
}

/** One round, and its row for the next one. Two rows that were due at once become one again here. */
export async function runRecurring(
  deps: Deps,
  kind: RepairLoopKind,
  loops: readonly RepairLoop[] = repairLoops,
): Promise<void> {
  const loop = loops.find((one) => one.kind === kind);
  // A newer version left it here; it will ask for it again.
  if (loop === undefined) return;
  const { nextInMs } = await loop.run(deps, {});
  const dueAt = after(deps.clock.now(), nextInMs);
  await deps.store.transaction((tx) => tx.tasks.enqueue({ kind: 'repair', loop: kind }, dueAt));
}
