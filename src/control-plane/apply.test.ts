// What the insights keep is written beside each change of a job. Whatever was late or wrong at first, it must be what one counts
// from the jobs alone.

import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { expect } from 'vitest';
import { at, job } from '../../test/contract/store/things.ts';
import { openMemoryStore } from '../adapters/store-memory/memory-store.ts';
import { finishedJob } from '../domain/insights/finished-job.ts';
import { recounted, rollupKinds } from '../domain/insights/rollup.ts';
import type { Job } from '../domain/lifecycle/job.ts';
import { days } from '../domain/time.ts';
import { countFinished } from './apply.ts';

/** A job as it is known at some moment: open, or over in some way. */
const anyKnown: fc.Arbitrary<Job> = fc
  .record({
    id: fc.integer({ min: 1, max: 3 }),
    end: fc.option(
      fc.record({
        conclusion: fc.constantFrom('success' as const, 'failure' as const, 'timed_out' as const),
        day: fc.nat(3),
        seconds: fc.nat(5),
      }),
    ),
  })
  .map(({ id, end }) => {
    const known = job(id);
    if (end === null) return known;
    const endsAt = at((end.day * days(1)) / 1_000);
    const started = { at: at((end.day * days(1)) / 1_000 - end.seconds) };
    const completed = { conclusion: end.conclusion, at: endsAt };
    return { ...known, state: 'done' as const, knowledge: { ...known.knowledge, started, completed } };
  });

const ever = { from: 0, to: 1_000_000 };

test.prop([fc.array(anyKnown, { maxLength: 12 })], { numRuns: 60 })(
  'the insights of jobs that were told late, twice and otherwise are those counted from nothing',
  async (told) => {
    const store = openMemoryStore();
    const known = new Map<number, Job>();
    for (const now of told) {
      await store.transaction(async (tx) => countFinished(tx, known.get(now.id), now));
      known.set(now.id, now);
    }
    const right = [...recounted([...known.values()].flatMap((one) => finishedJob(one) ?? [])).values()];
    for (const kind of rollupKinds) {
      const kept = await store.transaction((tx) => tx.insights.tallies(kind, ever, {}));
      const of = (field: 'builds' | 'ms' | 'success' | 'failure') => ({
        kept: kept.reduce((sum, { tally }) => sum + tally[field], 0),
        right: right.filter(({ key }) => key.kind === kind).reduce((sum, { tally }) => sum + tally[field], 0),
      });
      for (const field of ['builds', 'ms', 'success', 'failure'] as const) {
        expect(of(field).kept, `${field} by ${kind}`).toBe(of(field).right);
      }
    }
  },
);
