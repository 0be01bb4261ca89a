// What an account has built, as one person's token shows it: for accounts on which the App is not installed yet. Adapter:
// `adapters/github/history.ts`. Every method throws `GitHubError`; limits and broken connections are waited for before that.

import type { CountedEnd } from '../domain/insights/finished-job.ts';
import type { DurationMs, Instant } from '../domain/time.ts';

export interface GitHubHistory {
  /** When it was opened. */
  readonly asOf: Instant;
  /** Undefined: there is no such account. */
  account(login: string): Promise<HistoryAccount | undefined>;
  /** Those that the token may see, in no order. */
  repositories(account: HistoryAccount): Promise<readonly HistoryRepository[]>;
  /**
   * The runs that were made from `from` to `to`, both included, to the second. `too-many`: GitHub gives no more than the
   * first 1,000 of a search, so the caller asks for less at once.
   */
  runs(repository: string, from: Instant, to: Instant): Promise<readonly HistoryRun[] | 'too-many'>;
  /** The jobs of all attempts that are over. Empty when the run has been deleted meanwhile. */
  jobs(repository: string, run: HistoryRun): Promise<readonly HistoryJob[]>;
}

export interface HistoryAccount {
  login: string;
  kind: 'organization' | 'user';
  /** All that it has, seen or not; undefined when the token may not know. */
  privateRepositories: number | undefined;
}

export interface HistoryRepository {
  /** `owner/name` */
  fullName: string;
  private: boolean;
}

export interface HistoryRun {
  id: number;
  attempt: number;
  /** Who made it, and who made its last attempt. */
  actor: string;
  lastActor: string;
}

export interface HistoryJob {
  id: number;
  actor: string;
  end: CountedEnd;
  endedAt: Instant;
  /** From its start to its end; 0 when no runner ever had it. */
  ms: DurationMs;
}

/** Asked before each pause. False: it will not be waited, and the call fails. */
export type MayWait = (ms: DurationMs, why: string) => Promise<boolean>;
