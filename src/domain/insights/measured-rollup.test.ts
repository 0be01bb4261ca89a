import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../domain.fixture.ts';
import { runnerName } from '../ids.ts';
import { days } from '../time.ts';
import type { FinishedJob } from './finished-job.ts';
import { aFinishedJob } from './insights.fixture.ts';
import { highest, joined, type Measurement, noPeaks, type Peaks } from './measured.ts';
import { type MeasuredRun, measuredChanges, measuredId, measuredRun } from './measured-rollup.ts';
import { addedUse, noUse, type UsedSum } from './used-sum.ts';

type Counted = Map<string, { runs: number; ms: number; used: UsedSum; peaks: Peaks }>;

const anyRunner = fc.constantFrom(runnerName('one'), runnerName('two'));
const anyJob = fc
  .record({
    id: fc.integer({ min: 1, max: 4 }),
    day: fc.integer({ min: 0, max: 9 }),
    seconds: fc.integer({ min: 0, max: 3 }),
    name: fc.constantFrom('build', 'test'),
    runner: anyRunner,
  })
  .map(({ id, day, seconds, name, runner }) =>
    aFinishedJob(id, { name, runner, ms: seconds * 1000, endedAt: at((day * days(1)) / 1000) }),
  );
const anyTold = fc
  .record({
    cpu: fc.integer({ min: 0, max: 3 }),
    memory: fc.integer({ min: 0, max: 3 }),
    cpus: fc.constantFrom(1, 2),
    means: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  })
  .map(
    ({ cpu, memory, cpus, means }): Measurement => ({
      peaks: { cpuPercent: cpu, memoryMib: memory, diskMib: 1 },
      ...(means !== undefined && {
        means: { cpuPercent: means, memoryMib: means + 1 },
        traffic: { receivedBytes: means, sentBytes: 9 },
      }),
      had: { milliCpus: cpus * 1_000, memoryMib: 4_096, diskGib: 20 },
    }),
  );
const news = fc.oneof(
  fc.record({ job: anyJob, gone: fc.boolean() }),
  fc.record({ runner: anyRunner, told: anyTold }),
);

const none = { runs: 0, ms: 0, used: noUse, peaks: noPeaks };

/** Counts as a store does, by what each piece of news changes. */
function keeper() {
  const jobs = new Map<number, FinishedJob>();
  const measured = new Map<string, Measurement>();
  const counted: Counted = new Map();
  const runOf = (job: FinishedJob | undefined): MeasuredRun | undefined =>
    measuredRun(job, measured.get(job?.runner ?? ''));
  const fromNothing = (): Counted => {
    const found: Counted = new Map();
    for (const run of [...jobs.values()].flatMap((job) => runOf(job) ?? [])) {
      const id = measuredId(run.key);
      const { runs, ms, used, peaks } = found.get(id) ?? none;
      found.set(id, {
        runs: runs + 1,
        ms: ms + run.ms,
        used: addedUse(used, run.used),
        peaks: highest(peaks, run.peaks),
      });
    }
    return found;
  };
  return {
    fromNothing,
    counted: () => new Map([...counted].filter(([, { runs }]) => runs > 0)),
    take(touched: readonly number[], change: () => void) {
      const before = touched.map((id) => runOf(jobs.get(id)));
      change();
      const pairs = touched.map((id, index) => ({ before: before[index], now: runOf(jobs.get(id)) }));
      for (const [id, { runs, ms, used, peaks, removed }] of measuredChanges(pairs)) {
        const old = counted.get(id) ?? none;
        const left = removed ? (fromNothing().get(id)?.peaks ?? noPeaks) : highest(old.peaks, peaks);
        const sum = addedUse(old.used, used);
        counted.set(id, { runs: old.runs + runs, ms: old.ms + ms, used: sum, peaks: left });
      }
    },
    jobs,
    measured,
  };
}

describe('measured runs kept by difference', () => {
  test.prop([fc.array(news, { maxLength: 40 })])('are those counted from nothing', (told) => {
    const kept = keeper();
    for (const one of told) {
      if ('job' in one)
        kept.take([one.job.job], () =>
          one.gone ? kept.jobs.delete(one.job.job) : kept.jobs.set(one.job.job, one.job),
        );
      else
        kept.take(
          [...kept.jobs.values()].filter(({ runner }) => runner === one.runner).map(({ job }) => job),
          () => kept.measured.set(one.runner, joined(kept.measured.get(one.runner), one.told)),
        );
    }
    expect(kept.counted()).toEqual(kept.fromNothing());
  });

  it('take nothing away when a measurement only rises', () => {
    const run = (cpuPercent: number): MeasuredRun | undefined =>
      measuredRun(aFinishedJob(1), {
        peaks: { cpuPercent, memoryMib: 1, diskMib: 1 },
        had: { milliCpus: 1_000, memoryMib: 4_096, diskGib: 20 },
      });
    const removed = (before: number, now: number) =>
      [...measuredChanges([{ before: run(before), now: run(now) }]).values()].map((change) => change.removed);
    expect(removed(10, 20)).toEqual([false]);
    expect(removed(20, 10)).toEqual([true]);
    expect(removed(10, 10)).toEqual([]);
  });

  it('are none of jobs that never ran', () => {
    const told = { peaks: noPeaks, had: { milliCpus: 1_000, memoryMib: 4_096, diskGib: 20 } };
    expect(measuredRun(aFinishedJob(1, { ms: 0 }), told)).toBeUndefined();
    expect(measuredRun(aFinishedJob(1), told)).toMatchObject({ ms: 60_000 });
  });
});
