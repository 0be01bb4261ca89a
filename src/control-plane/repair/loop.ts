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
   */
  run(deps: Deps, options: RoundOptions): Promise<RepairRound>;
}

export interface RoundOptions {
  /** Mend only for this lower-cased account. */
  owner?: string;
  /** Somebody wants it now: what would be looked at later is looked at at once, as far as GitHub's limit allows. */
  asked?: true;
}

export interface RepairRound {
  /** What this round wrote into the book. */
  mended: readonly Repair[];
  nextInMs: DurationMs;
}
