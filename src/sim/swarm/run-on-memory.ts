import { createMemoryDatabase } from '../../adapters/store-memory/memory-store.ts';
import { guarded } from '../guard.ts';
import type { SwarmOptions } from './options.ts';
import { type RunOptions, runSeed, type SeedResult } from './run-seed.ts';

type More = Omit<RunOptions<unknown>, 'database'>;

/**
 * A seed on the store of the simulation, where it gives the same trace each time. An error that escapes is its outcome, and
 * so is a reach for anything real.
 */
export async function runOnMemory(options: SwarmOptions, more: More = {}): Promise<SeedResult> {
  try {
    return await guarded(() => runSeed(options, { ...more, database: createMemoryDatabase() }));
  } catch (error) {
    return crashed(options, error);
  }
}

export const crashed = ({ seed }: SwarmOptions, error: unknown): SeedResult => ({
  seed,
  outcome: 'crash',
  error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  findings: [],
  jobs: 0,
  vms: 0,
  webhooks: 0,
  lastedMs: 0,
  calmMs: 0,
  injected: {},
  repairs: {},
  lines: 0,
  digest: '',
});
