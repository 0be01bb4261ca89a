import { Stryker } from '@stryker-mutator/core';
import type { MutantOutcome } from './results.ts';
import type { Unit } from './units.ts';

/**
 * Runs Stryker on one unit, and gives each mutant's outcome. Nothing but the unit's inputs is copied into the sandbox, so
 * that a test cannot read what the digest does not cover. A unit that is interrupted begins again.
 */
export async function runUnit(unit: Unit, concurrency: number): Promise<MutantOutcome[]> {
  const outcomes = await new Stryker({
    mutate: [...unit.sources],
    testFiles: [...unit.tests],
    ignorePatterns: ['**', ...['package.json', ...unit.inputs].map((path) => `!/${path}`)],
    concurrency,
  }).runMutationTest();
  const base = `${process.cwd()}/`;
  return outcomes.map((outcome) => ({ ...outcome, fileName: outcome.fileName.replace(base, '') }));
}

/** How the files that are kept of a unit begin. */
export const stemOf = (name: string): string => (name === '.' ? 'domain' : name.replaceAll('/', '-'));
