// The insights count in the transaction of each change. Whatever came late, twice or corrected, they must be what one would
// count from the rows of the jobs alone.

import { finishedJob } from '../../domain/insights/finished-job.ts';
import { type RollupKind, recounted, rollupKinds } from '../../domain/insights/rollup.ts';
import { noTally, sumOf, type Tally } from '../../domain/insights/tally.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Tallied } from '../../ports/insight-tables.ts';
import type { Checker } from './checker.ts';

export function makeTrueRollups(): Checker {
  return {
    name: 'the insights count what the rows say',
    family: 'correctness',
    end: ({ jobs, tallies }) => {
      const right = countedFrom(jobs);
      const kept = new Map(
        rollupKinds.flatMap((kind) => (tallies.get(kind) ?? []).map((row) => [idOf(kind, row), row.tally])),
      );
      return [...new Set([...right.keys(), ...kept.keys()])]
        .filter((id) => !isSame(right.get(id), kept.get(id)))
        .map((id) => `${id} counts ${words(kept.get(id))}, and by the rows ${words(right.get(id))}`);
    },
  };
}

/** All days together, as the books were asked. */
function countedFrom(jobs: readonly Job[]): Map<string, Tally> {
  const counted = new Map<string, Tally>();
  for (const { key, tally } of recounted(jobs.flatMap((job) => finishedJob(job) ?? [])).values()) {
    const id = idOf(key.kind, key);
    counted.set(id, sumOf(counted.get(id) ?? noTally, tally));
  }
  return counted;
}

const idOf = (
  kind: RollupKind,
  { owner, repository, workflow, name }: Pick<Tallied, 'owner' | 'repository' | 'workflow' | 'name'>,
): string => JSON.stringify([kind, owner, repository, workflow, name]);

const isSame = (a: Tally = noTally, b: Tally = noTally): boolean =>
  Object.keys(noTally).every((field) => a[field as keyof Tally] === b[field as keyof Tally]);

const words = (tally: Tally = noTally): string => JSON.stringify(tally);
