import { existsSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import type { MutantOutcome } from './results.ts';
import type { Unit } from './units.ts';

/**
 * Runs Stryker on one unit, and gives each mutant's outcome. Nothing but the unit's inputs is copied into the sandbox, so
 * that a test cannot read what the digest does not cover. Interrupted, Stryker writes what it has to a file of this
 * digest (its incremental mode), and goes on from there the next time.
 */
export async function runUnit(
  unit: Unit,
  { digest, folder, concurrency }: { digest: string; folder: string; concurrency: number },
): Promise<MutantOutcome[]> {
  const stem = stemOf(unit.name);
  const incrementalFile = join(folder, `${stem}.${digest.slice(0, 12)}.partial.json`);
  for (const other of globSync(join(folder, `${stem}.*.partial.json`)))
    if (other !== incrementalFile) rmSync(other);
  const outcomes = await new Stryker({
    mutate: [...unit.sources],
    testFiles: [...unit.tests],
    ignorePatterns: ['**', ...['package.json', ...unit.inputs].map((path) => `!/${path}`)],
    concurrency,
    incremental: true,
    incrementalFile,
  }).runMutationTest();
  if (existsSync(incrementalFile)) rmSync(incrementalFile);
  const base = `${process.cwd()}/`;
  return outcomes.map((outcome) => ({ ...outcome, fileName: outcome.fileName.replace(base, '') }));
}

/** How the files that are kept of a unit begin. */
export const stemOf = (name: string): string => (name === '.' ? 'domain' : name.replaceAll('/', '-'));
