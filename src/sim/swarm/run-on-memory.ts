import { createMemoryDatabase } from '../../adapters/store-memory/memory-store.ts';
import { crashed } from '../ending.ts';
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
    return crashedSeed(options, error);
  }
}

export const crashedSeed = ({ seed }: SwarmOptions, error: unknown): SeedResult => ({
  ...crashed(error),
  seed,
  lastedMs: 0,
  calmMs: 0,
  injected: {},
  lines: 0,
  digest: '',
});
