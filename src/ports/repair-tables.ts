// The book of repairs, and what the loops remember from one round to the next.

import type { AlertState } from '../domain/alerts/tell.ts';
import type { MetricTotals } from '../domain/metrics/totals.ts';
import type { LoopStates } from '../domain/repair/loops.ts';
import type { Repair, RepairKind, RepairSubject } from '../domain/repair/repair.ts';
import type { Instant } from '../domain/time.ts';

/** The book of repairs. Rows are never changed. */
export interface RepairTable {
  append(repairs: readonly Repair[]): Promise<void>;
  /** Newest first, in the order of writing. */
  list(filter: RepairFilter, page: RepairPage): Promise<readonly RecordedRepair[]>;
  /** How many of each kind; every kind has its number. */
  count(filter: RepairFilter): Promise<Readonly<Record<RepairKind, number>>>;
}

export interface RecordedRepair extends Repair {
  /** Rises with each row; says where a page ended. */
  number: number;
}

export interface RepairFilter {
  /** A lower-cased account. Repairs that concern nobody in particular are left out then. */
  owner?: string;
  /** The same for several accounts. */
  owners?: readonly string[];
  kinds?: readonly RepairKind[];
  subjects?: readonly RepairSubject[];
  /** At this time or later. */
  since?: Instant;
}

export interface RepairPage {
  limit: number;
  /** Only rows with a smaller number. */
  before?: number;
}

/** Beside the loops: what is folded by whoever asks for metrics, and what was told, each under the lock of its name. */
export interface Remembered extends LoopStates {
  metrics: MetricTotals;
  alerts: AlertState;
  /** Every job whose VM was gone before was sent as a trace. */
  traces: { upTo: Instant };
}

/** What the repair loops remember. Whoever reads and then puts holds the lock `repair:<loop>`. */
export interface LoopTable {
  get<Loop extends keyof Remembered>(loop: Loop): Promise<Remembered[Loop] | undefined>;
  put<Loop extends keyof Remembered>(loop: Loop, state: Remembered[Loop]): Promise<void>;
}
