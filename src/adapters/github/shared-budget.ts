// The limits as rows in the database, so that any number of control planes together keep them.

import type { RateBudget } from '../../domain/repair/allowance.ts';
import { type Instant, latest } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { GitHubError } from '../../ports/github.ts';
import type { Store, Transaction } from '../../ports/store.ts';
import {
  block,
  learn,
  rateHeaders,
  smallestLimit,
  spend,
  toldOf,
  type Window,
  waitsUntil,
} from './budget-rules.ts';

/** What one call draws on. */
export interface Draw {
  /** Names the credential: GitHub counts for each installation, and for the App. */
  bucket: string;
  windows?: readonly { bucket: string; window: Window }[];
  /** The part of the limit that must be left for others, from 0 to 1. */
  keep?: number;
}

/** Runner registrations are counted by GitHub in a bucket of their own. */
const resources = ['', ':actions_runner_registration'];

export class SharedBudget {
  readonly #store: Pick<Store, 'transaction'>;
  readonly #clock: Clock;

  constructor(store: Pick<Store, 'transaction'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** @throws GitHubError `rate-limited`, without a call being made, when the budget does not allow one now. */
  async spend(operation: string, draw: Draw): Promise<void> {
    const entries: { bucket: string; window?: Window; keep?: number }[] = [
      ...(draw.windows ?? []),
      { bucket: draw.bucket, ...(draw.keep === undefined ? {} : { keep: draw.keep }) },
    ];
    const wait = await this.#store.transaction(async (tx) => {
      const now = this.#clock.now();
      const budgets = await lockAll(tx, [
        ...entries.map(({ bucket }) => bucket),
        ...(draw.windows ? resources.map((resource) => draw.bucket + resource) : []),
      ]);
      let until: Instant | undefined;
      for (const { bucket, ...limits } of entries) {
        const budget = budgets.get(bucket);
        const keep = Math.ceil((limits.keep ?? 0) * (budget?.limit ?? smallestLimit));
        until = latest(until, waitsUntil(budget, now, { ...limits, keep }));
      }
      for (const budget of budgets.values()) until = latest(until, waitsUntil(budget, now));
      if (until !== undefined) return until;
      for (const { bucket, window } of entries) {
        await tx.budget.put(bucket, spend(budgets.get(bucket), now, window));
      }
      return undefined;
    });
    if (wait === undefined) return;
    throw new GitHubError(`did not ask GitHub to ${operation}: our share of its rate limit is used up`, {
      kind: 'rate-limited',
      retryAt: wait,
    });
  }

  /** What is left of a credential's limit; undefined when GitHub has not told. */
  async left(bucket: string): Promise<RateBudget | undefined> {
    return toldOf(await this.#store.transaction((tx) => tx.budget.get(bucket)));
  }

  /** Takes in an answer's headers, and the time before which GitHub wants to hear nothing. */
  async learn(
    bucket: string,
    headers: Readonly<Record<string, string | undefined>>,
    blockedUntil?: Instant,
  ): Promise<void> {
    const told = rateHeaders(headers);
    if (told === undefined && blockedUntil === undefined) return;
    await this.#store.transaction(async (tx) => {
      if (told !== undefined) {
        const name = told.resource === 'core' ? bucket : `${bucket}:${told.resource}`;
        await tx.lock(`budget:${name}`);
        const next = learn(await tx.budget.get(name), told);
        if (next !== undefined) await tx.budget.put(name, next);
      }
    });
    if (blockedUntil === undefined) return;
    await this.#store.transaction(async (tx) => {
      await tx.lock(`budget:${bucket}`);
      await tx.budget.put(bucket, block(await tx.budget.get(bucket), blockedUntil));
    });
  }
}

/** In one order everywhere, so that two calls never wait for each other. */
async function lockAll(tx: Transaction, buckets: readonly string[]) {
  const found = new Map<string, Awaited<ReturnType<Transaction['budget']['get']>>>();
  for (const bucket of [...new Set(buckets)].sort()) {
    await tx.lock(`budget:${bucket}`);
    found.set(bucket, await tx.budget.get(bucket));
  }
  return found;
}
