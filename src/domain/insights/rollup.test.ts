import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aJob, at, delivery, someRunner } from '../domain.fixture.ts';
import { jobId } from '../ids.ts';
import type { JobFact } from '../lifecycle/job.ts';
import { learn } from '../lifecycle/knowledge.ts';
import { arrivals, trueHistory } from '../lifecycle/told.fixture.ts';
import { days } from '../time.ts';
import { dayName, dayOf, mondayOf, periodOf, startOfDay, wholeWeeks } from './calendar.ts';
import { clipped, countedEnd, countsTheSame, type FinishedJob, finishedJob } from './finished-job.ts';
import { aFinishedJob } from './insights.fixture.ts';
import { changed, type RollupKey, recounted, rollupChanges, rollupId, rollupKeysOf } from './rollup.ts';
import { averageMs, noTally, type Tally } from './tally.ts';

const anyJob = fc
  .record({
    id: fc.integer({ min: 1, max: 6 }),
    day: fc.integer({ min: 0, max: 9 }),
    seconds: fc.integer({ min: 0, max: 4 }),
    end: fc.constantFrom('success' as const, 'failure' as const, 'cancelled' as const, 'skipped' as const),
    owner: fc.constantFrom('acme', 'globex'),
    repository: fc.constantFrom('acme/app', 'acme/site'),
    workflow: fc.constantFrom('CI', 'Release'),
    actor: fc.constantFrom('', 'octocat', 'hubot'),
  })
  .map(({ id, day, seconds, ...rest }) =>
    aFinishedJob(id, { ...rest, ms: seconds * 1000, endedAt: at((day * days(1)) / 1000) }),
  );
const news = fc.record({ job: anyJob, gone: fc.boolean() });

/** Keeps rollups as a store does. */
function keeper() {
  const jobs = new Map<number, FinishedJob>();
  const rollups = new Map<string, { key: RollupKey; tally: Tally }>();
  return {
    jobs,
    take(told: readonly { id: number; now: FinishedJob | undefined }[]) {
      const changes = rollupChanges(told.map(({ id, now }) => ({ before: jobs.get(id), now })));
      for (const { id, now } of told) {
        if (now === undefined) jobs.delete(id);
        else jobs.set(id, now);
      }
      for (const change of changes) {
        const id = rollupId(change.key);
        const tally = rollups.get(id)?.tally ?? noTally;
        const longest = () => recounted(jobs.values()).get(id)?.tally.longestMs ?? 0;
        rollups.set(id, { key: change.key, tally: changed(tally, change, longest) });
      }
    },
    /** Rows that count nothing are as good as none. */
    counted: () => new Map([...rollups].filter(([, { tally }]) => tally.builds > 0)),
    empty: () => [...rollups.values()].filter(({ tally }) => tally.builds === 0).map(({ tally }) => tally),
  };
}

describe('rollups kept by difference', () => {
  test.prop([fc.array(news, { maxLength: 40 })])(
    'are those counted from nothing, whatever was corrected',
    (told) => {
      const kept = keeper();
      for (const { job, gone } of told) kept.take([{ id: job.job, now: gone ? undefined : job }]);
      expect(kept.counted()).toEqual(recounted(kept.jobs.values()));
      for (const tally of kept.empty()) expect(tally).toEqual(noTally);
    },
  );

  test.prop([
    fc.array(fc.uniqueArray(anyJob, { selector: ({ job }) => job, maxLength: 6 }), { maxLength: 8 }),
  ])('are so too when many jobs change at once', (batches) => {
    const kept = keeper();
    for (const batch of batches) kept.take(batch.map((job) => ({ id: job.job, now: job })));
    expect(kept.counted()).toEqual(recounted(kept.jobs.values()));
  });

  test.prop([trueHistory.chain((history) => fc.tuple(arrivals(history), arrivals(history)))])(
    'of a job are the same in whatever order its facts came',
    ([some, others]) => {
      const all = [...some, ...others];
      const keptOf = (facts: readonly JobFact[]) => {
        const kept = keeper();
        let job = aJob({ id: jobId(1) }, delivery('queued', at(0)));
        for (const fact of facts) {
          job = { ...job, knowledge: learn(job.knowledge, fact) };
          kept.take([{ id: 1, now: finishedJob(job) }]);
        }
        return kept.counted();
      };
      expect(keptOf(all)).toEqual(keptOf(all.toReversed()));
    },
  );

  it('count nothing when a job counts as before', () => {
    const job = aFinishedJob(1);
    expect(rollupChanges([{ before: job, now: { ...job } }])).toEqual([]);
  });
});

describe('a job counts', () => {
  const job = aFinishedJob(1);
  const day = dayOf(job.endedAt);
  const none = { owner: 'acme', repository: '', workflow: '', name: '' };

  it('for its account, repository, workflow, user, and by name in its week', () => {
    expect(rollupKeysOf(job)).toEqual([
      { ...none, kind: 'organization', day },
      { ...none, kind: 'repository', day, repository: 'acme/app' },
      { ...none, kind: 'workflow', day, repository: 'acme/app', workflow: 'CI' },
      { ...none, kind: 'user', day, name: 'octocat' },
      {
        kind: 'job',
        day: mondayOf(day),
        owner: 'acme',
        repository: 'acme/app',
        workflow: 'CI',
        name: 'build',
      },
    ]);
  });

  it('by name only when it succeeded', () => {
    expect(rollupKeysOf({ ...job, end: 'failure' }).map(({ kind }) => kind)).toEqual([
      'organization',
      'repository',
      'workflow',
      'user',
    ]);
  });

  it('so that only what shortens the longest needs a second look', () => {
    const change = (removedMs: number) => ({
      key: { ...none, kind: 'organization', day } as const,
      add: { ...noTally, builds: -1 },
      removedMs,
    });
    const tally: Tally = { ...noTally, builds: 2, longestMs: 50 };
    const longestAfter = (removedMs: number) => changed(tally, change(removedMs), () => 30).longestMs;
    expect([0, 49, 50, 51].map(longestAfter)).toEqual([50, 50, 30, 30]);
    expect(changed(noTally, change(0), () => 30).longestMs).toBe(0);
  });

  it('also when GitHub has a rare word for its end', () => {
    const kept = keeper();
    kept.take([{ id: 1, now: { ...job, end: 'other' } }]);
    expect([...kept.counted().values()].map(({ tally }) => tally.other)).toEqual([1, 1, 1, 1]);
    kept.take([{ id: 1, now: job }]);
    expect([...kept.counted().values()].map(({ tally }) => [tally.other, tally.success])).toEqual(
      Array.from({ length: 5 }, () => [0, 1]),
    );
  });
});

describe('a job that is over', () => {
  const over = { runner: someRunner, startedAt: at(20), completedAt: at(80), conclusion: 'success' as const };

  it('counts from its start to its end, for whoever set it off', () => {
    const job = aJob();
    const knowledge = [
      delivery('completed', at(80), { ...over, actor: 'closer' }),
      delivery('queued', at(5), { actor: 'Octocat' }),
    ].reduce(learn, { before: {} });
    expect(finishedJob({ ...job, knowledge })).toMatchObject({
      owner: 'acme',
      repository: 'acme/app',
      actor: 'Octocat',
      end: 'success',
      ms: 60_000,
      waitMs: 15_000,
      runner: someRunner.name,
    });
  });

  it('counts no time when it never started', () => {
    const knowledge = learn({ before: {} }, delivery('completed', at(80), { conclusion: 'cancelled' }));
    expect(finishedJob({ ...aJob(), knowledge })).toMatchObject({ end: 'cancelled', ms: 0, waitMs: 0 });
  });

  it('is not there before it is over', () => {
    expect(finishedJob(aJob())).toBeUndefined();
    expect(countsTheSame(undefined, undefined)).toBe(true);
    expect(countsTheSame(aFinishedJob(1), undefined)).toBe(false);
    expect(countsTheSame(aFinishedJob(1), aFinishedJob(1))).toBe(true);
    expect(countsTheSame(aFinishedJob(1), aFinishedJob(1, { actor: 'hubot' }))).toBe(false);
  });

  it('that timed out has failed', () => {
    const knowledge = learn(
      { before: {} },
      delivery('completed', at(80), { ...over, conclusion: 'timed_out' }),
    );
    expect(finishedJob({ ...aJob(), knowledge })?.end).toBe('failure');
  });

  it('has one of five ends, whatever GitHub calls it', () => {
    const ends = ['success', 'failure', 'cancelled', 'skipped', 'timed_out'] as const;
    expect(ends.map(countedEnd)).toEqual(['success', 'failure', 'cancelled', 'skipped', 'failure']);
    expect((['action_required', 'neutral', 'unknown'] as const).map(countedEnd)).toEqual(
      Array.from({ length: 3 }, () => 'other'),
    );
  });

  it('has a name that an index takes, and nobody where nobody is known', () => {
    expect(clipped('a'.repeat(201))).toBe('a'.repeat(200));
    const knowledge = learn({ before: {} }, delivery('completed', at(80), over));
    expect(finishedJob({ ...aJob({ name: 'b'.repeat(300) }), knowledge })).toMatchObject({
      actor: '',
      name: 'b'.repeat(200),
      waitMs: 0,
    });
  });

  it('differs from none', () => {
    expect(countsTheSame(undefined, aFinishedJob(1))).toBe(false);
  });

  it('is averaged over those that are counted', () => {
    expect(averageMs({ ms: 10, builds: 4 })).toBe(3);
    expect(averageMs(noTally)).toBe(0);
  });
});

describe('days', () => {
  it('are those of UTC, and weeks begin on Monday', () => {
    const day = dayOf(at(0));
    expect([dayName(day), dayName(mondayOf(day)), dayName(mondayOf(mondayOf(day)))]).toEqual([
      '2026-03-01',
      '2026-02-23',
      '2026-02-23',
    ]);
    expect(dayName(mondayOf(-1))).toBe('1969-12-29');
  });

  it('begin at midnight, and whole weeks on a Monday', () => {
    const day = dayOf(at(0));
    expect(new Date(startOfDay(day)).toISOString()).toBe('2026-03-01T00:00:00.000Z');
    const { from, to } = wholeWeeks(at(0), 10);
    expect([dayName(from), dayName(to)]).toEqual(['2026-02-16', '2026-03-02']);
  });

  it('make periods that end today, each after one of the same length', () => {
    const today = dayOf(at(0));
    expect(periodOf(at(0), 7)).toEqual({
      now: { from: today - 6, to: today + 1 },
      before: { from: today - 13, to: today - 6 },
    });
  });
});
