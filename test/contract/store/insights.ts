import { expect } from 'vitest';
import { jobId, type RunnerName, runnerName } from '../../../src/domain/ids.ts';
import { dayOf, mondayOf } from '../../../src/domain/insights/calendar.ts';
import type { FinishedJob } from '../../../src/domain/insights/finished-job.ts';
import type { Measurement } from '../../../src/domain/insights/measured.ts';
import { type RollupKind, recounted, rollupKinds, weeksKept } from '../../../src/domain/insights/rollup.ts';
import { noTally } from '../../../src/domain/insights/tally.ts';
import { days } from '../../../src/domain/time.ts';
import type { InsightFilter, JobWeek } from '../../../src/ports/insight-tables.ts';
import type { Store, Transaction } from '../../../src/ports/store.ts';
import { itWith, meeting, type OpenStores, within } from './stores.ts';
import { acmeKey, at, job } from './things.ts';

const finished = (id: number, changes: Partial<FinishedJob> = {}): FinishedJob => ({
  job: jobId(id),
  owner: 'acme',
  repository: 'acme/app',
  workflow: 'CI',
  name: 'build',
  actor: 'octocat',
  end: 'success',
  endedAt: at(0),
  ms: 60_000,
  waitMs: 2_000,
  sha: 'c0ffee',
  labels: 'bellows-2cpu-4gb',
  scope: acmeKey,
  runner: runnerName('bellows-test-1'),
  ...changes,
});
const ever = { from: mondayOf(dayOf(at(0)) - 400), to: dayOf(at(0)) + 400 };

const count = (store: Store, ...jobs: readonly FinishedJob[]): Promise<void> =>
  within(store, async (tx) => {
    for (const job of jobs) tx.insights.record(job.job, job);
  });
const tallies = (store: Store, kind: RollupKind, filter: InsightFilter = {}, range = ever) =>
  within(store, (tx) => tx.insights.tallies(kind, range, filter));

/** Every rollup that the store keeps is as a count from nothing has it. */
async function expectRecounted(store: Store, jobs: readonly FinishedJob[]): Promise<void> {
  for (const kind of rollupKinds) {
    const expected = [...recounted(jobs).values()].filter(({ key }) => key.kind === kind);
    for (const { key, tally } of expected) {
      const { owner, repository, workflow, name } = key;
      const found = await tallies(
        store,
        kind,
        { owners: [owner], repository, workflow, name },
        { from: key.day, to: key.day + 1 },
      );
      expect(found).toEqual([{ owner, repository, workflow, name, tally }]);
    }
    const groups = new Set(
      expected.map(({ key: { owner, repository, workflow, name } }) =>
        JSON.stringify([owner, repository, workflow, name]),
      ),
    );
    expect(await tallies(store, kind)).toHaveLength(groups.size);
  }
  await expectWeeks(store, jobs);
}

/** So are the weeks of each job by name. */
async function expectWeeks(store: Store, jobs: readonly FinishedJob[]): Promise<void> {
  const expected = new Map<string, JobWeek[]>();
  for (const { key, tally } of recounted(jobs).values()) {
    if (key.kind !== 'job') continue;
    const id = JSON.stringify([key.owner, key.repository, key.workflow, key.name]);
    const week = { monday: key.day, builds: tally.builds, ms: tally.ms };
    expected.set(
      id,
      [...(expected.get(id) ?? []), week].sort((x, y) => x.monday - y.monday),
    );
  }
  const found = await within(store, (tx) => tx.insights.weeks(ever, {}));
  expect(found).toHaveLength(expected.size);
  for (const { owner, repository, workflow, name, weeks } of found)
    expect(weeks).toEqual(expected.get(JSON.stringify([owner, repository, workflow, name])));
}

export function insightContract(open: OpenStores): void {
  const it = itWith(open);

  it('counts jobs by organisation, repository, workflow, user and name', async ({ a, b }) => {
    const jobs = [
      finished(1),
      finished(2, { end: 'failure', ms: 90_000, actor: 'hubot' }),
      finished(3, { repository: 'acme/site', workflow: 'Release', endedAt: at(days(1)) }),
      finished(4, { owner: 'globex', repository: 'globex/app', end: 'cancelled', ms: 0 }),
    ];
    await count(a, ...jobs);
    await expectRecounted(b, jobs);
    expect(await tallies(b, 'organization', { owners: [] })).toEqual([]);
    expect(await tallies(b, 'repository', { owners: ['globex', 'nobody'] })).toHaveLength(1);
  });

  it('is right again after what was late or wrong, the longest too', async ({ a }) => {
    await count(a, finished(1, { ms: 500_000 }), finished(2, { ms: 30_000 }), finished(3));
    await count(a, finished(1, { ms: 10_000, end: 'failure', endedAt: at(days(2)) }));
    await within(a, async (tx) => tx.insights.record(jobId(3), undefined));
    await expectRecounted(a, [
      finished(1, { ms: 10_000, end: 'failure', endedAt: at(days(2)) }),
      finished(2, { ms: 30_000 }),
    ]);
    await within(a, async (tx) => {
      tx.insights.record(jobId(1), undefined);
      tx.insights.record(jobId(2), undefined);
    });
    await expectRecounted(a, []);
  });

  it('counts nothing of a transaction that failed', async ({ a }) => {
    const failed = a.transaction(async (tx) => {
      tx.insights.record(jobId(1), finished(1));
      throw new Error('died');
    });
    await expect(failed).rejects.toThrow('died');
    await expectRecounted(a, []);
  });

  it('loses nothing when two count for the same organisation at once, in whatever order', async ({
    a,
    b,
  }) => {
    const bothAreIn = meeting(2);
    const jobs = [
      finished(1),
      finished(2, { repository: 'acme/site', ms: 70_000 }),
      finished(3),
      finished(4, { repository: 'acme/site', ms: 80_000 }),
    ];
    const counting = (store: Store, order: readonly number[]): Promise<void> =>
      store.transaction(async (tx) => {
        await tx.jobs.get(jobId(1));
        await bothAreIn();
        for (const index of order) {
          const job = jobs[index];
          if (job) tx.insights.record(job.job, job);
        }
      });
    await Promise.all([counting(a, [0, 1]), counting(b, [3, 2])]);
    await expectRecounted(a, jobs);
  });

  it('loses no week when two count weeks of the same job at once', async ({ a, b }) => {
    const bothAreIn = meeting(2);
    const [now, before] = [finished(1), finished(2, { endedAt: at(-days(7)) })];
    const counting = (store: Store, one: FinishedJob): Promise<void> =>
      store.transaction(async (tx) => {
        await tx.jobs.get(one.job);
        await bothAreIn();
        tx.insights.record(one.job, one);
      });
    await Promise.all([counting(a, now), counting(b, before)]);
    await expectRecounted(a, [now, before]);
  });

  it('tells the newest weeks of a job, those of its owner alone', async ({ a }) => {
    const all = Array.from({ length: weeksKept + 2 }, (_, week) =>
      finished(1 + week, { endedAt: at(days(7 * (week - weeksKept))), ms: 1 + week }),
    );
    await count(a, ...all, finished(100, { owner: 'globex', repository: 'globex/app' }));
    const weeks = (owners: string[], range = ever) =>
      within(a, (tx) => tx.insights.weeks(range, { owners })).then((jobs) => jobs.map((one) => one.weeks));
    const [acme, ...others] = await weeks(['acme', 'nobody']);
    expect(others).toEqual([]);
    expect(acme?.map(({ ms }) => ms)).toEqual(all.slice(2).map(({ ms }) => ms));
    const monday = mondayOf(dayOf(at(0)));
    expect(await weeks(['acme'], { from: monday, to: monday + 7 })).toMatchObject([[{ ms: weeksKept + 1 }]]);
    expect(await weeks(['acme'], { from: monday + 100, to: monday + 107 })).toEqual([]);
    expect(await weeks([])).toEqual([]);
  });

  it('tells days and weeks in their order', async ({ a }) => {
    const late = at(days(8));
    await count(
      a,
      finished(2, { endedAt: late, ms: 5 }),
      finished(1),
      finished(3, { end: 'skipped', ms: 0 }),
    );
    const daily = await within(a, (tx) => tx.insights.daily('organization', ever, { owners: ['acme'] }));
    expect(daily.map(({ day, tally }) => [day, tally.builds])).toEqual([
      [dayOf(at(0)), 2],
      [dayOf(late), 1],
    ]);
    expect(await within(a, (tx) => tx.insights.weeks(ever, { repository: 'acme/app' }))).toEqual([
      {
        ...{ owner: 'acme', repository: 'acme/app', workflow: 'CI', name: 'build' },
        weeks: [
          { monday: mondayOf(dayOf(at(0))), builds: 1, ms: 60_000 },
          { monday: mondayOf(dayOf(late)), builds: 1, ms: 5 },
        ],
      },
    ]);
  });

  it('counts a part of a day, and tells the runs of one job, newest first', async ({ a }) => {
    await count(a, finished(1), finished(2, { endedAt: at(1) }), finished(3, { endedAt: at(1), ms: 7 }));
    const part = (from: number, to: number, owners?: string[]) =>
      within(a, (tx) => tx.insights.tallyBetween(at(from), at(to), owners === undefined ? {} : { owners }));
    expect(await part(0, 1)).toEqual({ ...noTally, builds: 1, success: 1, ms: 60_000, longestMs: 60_000 });
    expect((await part(0, 2)).builds).toBe(3);
    expect(await part(0, 2, ['globex'])).toEqual(noTally);
    const of = { repository: 'acme/app', workflow: 'CI', name: 'build' };
    const runs = await within(a, (tx) => tx.insights.runs(of, ever, 2));
    expect(runs).toStrictEqual([finished(3, { endedAt: at(1), ms: 7 }), finished(2, { endedAt: at(1) })]);
  });

  it('counts by the hour, and tells the longest run of each day', async ({ a, b }) => {
    const hour = 3_600_000;
    await count(
      a,
      finished(1, { endedAt: at(0), ms: 5 }),
      finished(2, { endedAt: at(10), ms: 9, sha: 'beef' }),
      finished(3, { endedAt: at(20), ms: 99, end: 'failure' }),
      finished(4, { endedAt: at(2 * hour), owner: 'globex' }),
      finished(5, { endedAt: at(days(1)), ms: 7 }),
    );
    const hourly = (owners?: string[]) =>
      within(b, (tx) => tx.insights.hourly(at(0), at(3 * hour), owners === undefined ? {} : { owners }));
    expect((await hourly()).map(({ start, tally }) => [start - at(0), tally.builds])).toEqual([
      [0, 3],
      [2 * hour, 1],
    ]);
    expect(await hourly(['acme'])).toEqual([
      { start: at(0), tally: { ...noTally, builds: 3, success: 2, failure: 1, ms: 113, longestMs: 99 } },
    ]);
    const of = { repository: 'acme/app', workflow: 'CI', name: 'build' };
    const longest = await within(b, (tx) => tx.insights.longest(of, ever));
    expect(longest.map(({ job, ms }) => [job, ms])).toEqual([
      [4, 60_000],
      [5, 7],
    ]);
  });

  it('counts the jobs that are open', async ({ a, b }) => {
    await within(a, async (tx) => {
      await tx.jobs.insert(job(1, { state: 'queued' }));
      await tx.jobs.insert(job(2, { state: 'running' }));
      await tx.jobs.insert(job(3, { state: 'running' }));
      await tx.jobs.insert(job(4, { state: 'done' }));
    });
    const open = (owners?: string[]) =>
      within(b, (tx) => tx.insights.open(owners === undefined ? {} : { owners }));
    expect(await open()).toEqual({ waiting: 0, queued: 1, running: 2 });
    expect(await open(['acme'])).toEqual({ waiting: 0, queued: 1, running: 2 });
    expect(await open(['globex'])).toEqual({ waiting: 0, queued: 0, running: 0 });
  });

  it('keeps the highest that was measured, for the job that the runner had', async ({ a, b }) => {
    const had = { milliCpus: 2_000, memoryMib: 4_096, diskGib: 20 };
    const runner = runnerName('bellows-test-1');
    const told = (cpuPercent: number, memoryMib: number) => ({
      peaks: { cpuPercent, memoryMib, diskMib: 5 },
      had,
    });
    await within(a, (tx) => tx.insights.measure(acmeKey, runner, told(10, 900)));
    await count(a, finished(1), finished(2), finished(3, { runner: runnerName('unmeasured') }));
    await within(a, (tx) => tx.insights.measure(acmeKey, runner, told(90, 100)));
    const measured = (owners?: string[]) =>
      within(b, (tx) => tx.insights.measured(ever, owners === undefined ? {} : { owners }));
    expect(await measured()).toEqual([
      {
        ...{
          owner: 'acme',
          repository: 'acme/app',
          workflow: 'CI',
          name: 'build',
          labels: 'bellows-2cpu-4gb',
        },
        ...{ runs: 2, ms: 120_000, peaks: { cpuPercent: 90, memoryMib: 900, diskMib: 5 }, had },
      },
    ]);
    expect(await measured(['acme'])).toHaveLength(1);
    expect(await measured(['globex'])).toEqual([]);
    const named = (filter: InsightFilter) => within(b, (tx) => tx.insights.measured(ever, filter));
    expect(await named({ repository: 'acme/app', workflow: 'CI', name: 'build' })).toHaveLength(1);
    expect(await named({ repository: 'acme/app', workflow: 'CI', name: 'test' })).toEqual([]);
    expect(await named({ repository: 'acme/other' })).toEqual([]);
    const later = { from: ever.to, to: ever.to + 1 };
    expect(await within(b, (tx) => tx.insights.measured(later, {}))).toEqual([]);
  });

  it('counts a run when its end and what its guest measured are told at once', async ({ a, b }) => {
    const bothAreIn = meeting(2);
    const runner = runnerName('bellows-test-1');
    const had = { milliCpus: 2_000, memoryMib: 4_096, diskGib: 20 };
    const telling = (store: Store, tell: (tx: Transaction) => unknown): Promise<void> =>
      store.transaction(async (tx) => {
        await tx.jobs.get(jobId(1));
        await bothAreIn();
        await tell(tx);
      });
    await Promise.all([
      telling(a, (tx) => tx.insights.record(jobId(1), finished(1))),
      telling(b, (tx) =>
        tx.insights.measure(acmeKey, runner, { peaks: { cpuPercent: 9, memoryMib: 8, diskMib: 7 }, had }),
      ),
    ]);
    const found = await within(a, (tx) => tx.insights.measured(ever, {}));
    expect(found).toMatchObject([
      { runs: 1, ms: 60_000, peaks: { cpuPercent: 9, memoryMib: 8, diskMib: 7 } },
    ]);
  });

  it('forgets the highest of a run that counts otherwise', async ({ a }) => {
    const had = { milliCpus: 2_000, memoryMib: 4_096, diskGib: 20 };
    const [small, large] = [runnerName('small'), runnerName('large')];
    const peaks = (cpuPercent: number) => ({ cpuPercent, memoryMib: 1, diskMib: 1 });
    await within(a, async (tx) => {
      await tx.insights.measure(acmeKey, small, { peaks: peaks(10), had });
      await tx.insights.measure(acmeKey, large, { peaks: peaks(90), had });
    });
    await count(a, finished(1, { runner: small }), finished(2, { runner: large }));
    const measured = async () =>
      (await within(a, (tx) => tx.insights.measured(ever, {})))
        .map(({ name, runs, peaks: { cpuPercent } }) => [name, runs, cpuPercent])
        .sort();
    expect(await measured()).toEqual([['build', 2, 90]]);
    await count(a, finished(2, { runner: large, name: 'test' }));
    expect(await measured()).toEqual([
      ['build', 1, 10],
      ['test', 1, 90],
    ]);
    await within(a, (tx) => tx.insights.measure(acmeKey, small, { peaks: peaks(20), had }));
    await within(a, async (tx) => tx.insights.record(jobId(2), undefined));
    expect(await measured()).toEqual([['build', 1, 20]]);
  });

  it('keeps the latest of means and traffic, and averages them over the runs that told', async ({ a, b }) => {
    const had = { milliCpus: 2_000, memoryMib: 4_096, diskGib: 20 };
    const peaks = { cpuPercent: 10, memoryMib: 900, diskMib: 5 };
    const [one, two, old] = [runnerName('bellows-1'), runnerName('bellows-2'), runnerName('bellows-old')];
    const say = (runner: RunnerName, told: Omit<Measurement, 'peaks' | 'had'>) =>
      within(a, (tx) => tx.insights.measure(acmeKey, runner, { peaks, had, ...told }));
    await say(one, { means: { cpuPercent: 99, memoryMib: 1 }, traffic: { receivedBytes: 1, sentBytes: 1 } });
    await say(one, {
      means: { cpuPercent: 50, memoryMib: 100 },
      traffic: { receivedBytes: 1_000, sentBytes: 10 },
    });
    await say(one, {});
    await say(two, {
      means: { cpuPercent: 10, memoryMib: 500 },
      traffic: { receivedBytes: 2_000, sentBytes: 30 },
    });
    await say(old, {});
    await count(
      a,
      finished(1, { runner: one, ms: 3_000 }),
      finished(2, { runner: two, ms: 1_000 }),
      finished(3, { runner: old, ms: 8_000 }),
    );
    const measured = await within(b, (tx) => tx.insights.measured(ever, {}));
    expect(measured).toMatchObject([
      {
        runs: 3,
        ms: 12_000,
        means: { cpuPercent: 40, memoryMib: 200 },
        traffic: { receivedBytes: 1_500, sentBytes: 20 },
      },
    ]);
  });

  it('is counted anew after it was cleared', async ({ a, b }) => {
    await count(a, finished(1), finished(2));
    await within(a, async (tx) => {
      await tx.insights.clear();
      tx.insights.record(jobId(2), finished(2));
    });
    await expectRecounted(b, [finished(2)]);
  });

  it('takes names that no database would', async ({ a }) => {
    await count(a, finished(1, { name: 'a\u0000b \ud800', workflow: 'x\ny' }));
    expect(await tallies(a, 'workflow', { workflow: 'x\ny' })).toHaveLength(1);
    await count(a, finished(1, { name: 'a\u0000b \ud800', workflow: 'x\ny', ms: 1 }));
    const [only] = await tallies(a, 'organization');
    expect(only?.tally).toMatchObject({ builds: 1, ms: 1, longestMs: 1 });
  });
}
