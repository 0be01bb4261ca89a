import type { RepairLoopKind } from '../../domain/repair/loops.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import type { DurationMs } from '../../domain/time.ts';
import type { Deps } from '../deps.ts';

/** Looks for one kind of thing that went wrong, and mends it. */
export interface RepairLoop {
  kind: RepairLoopKind;
  /**
   * One round: a few seconds of work, which may be done twice at once or end anywhere. It writes its repairs into the book by
   * itself. An outside failure is thrown; the round comes again a little later.
   * @param options.owner mend only for this lower-cased account.
   */
  run(deps: Deps, options: { owner?: string }): Promise<RepairRound>;
}

export interface RepairRound {
  /** What this round wrote into the book. */
  mended: readonly Repair[];
  nextInMs: DurationMs;
}
