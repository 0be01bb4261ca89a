import { beforeEach, describe, expect, it } from 'vitest';
import { at, host, job, vm } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import { admin, type Caller } from '../../domain/access/caller.ts';
import { runnerName } from '../../domain/ids.ts';
import type { FinishedJob } from '../../domain/insights/finished-job.ts';
import { aFinishedJob } from '../../domain/insights/insights.fixture.ts';
import { scopeKey } from '../../domain/scope.ts';
import { days, hours, type Instant, minutes } from '../../domain/time.ts';
import type { Store } from '../../ports/store.ts';
import type { ApiAnswer } from '../../wire/api/endpoint.ts';
import { type CallOf, type EndpointName, endpoints, type RequestOf } from '../../wire/api/endpoints.ts';
import { advise } from './advise.ts';
import { increases, jobRuns } from './increases.ts';
import { insights, insightsDaily } from './insights.ts';
import { recount } from './recount.ts';
import { today } from './today.ts';
import { usage } from './usage.ts';

const now: Instant = at(0);
let store: Store;
beforeEach(() => {
  store = openMemoryStore();
});
const deps = () => ({ store, clock: { now: () => now, sleep: () => Promise.resolve() } });

const count = (...jobs: readonly FinishedJob[]) =>
  store.transaction(async (tx) => {
    for (const one of jobs) tx.insights.record(one.job, one);
  });
const requestOf = <N extends EndpointName>(name: N, call: CallOf<N>): RequestOf<N> =>
  ({
    params: endpoints[name].params.parse(call.params ?? {}),
    query: endpoints[name].query.parse(call.query ?? {}),
    body: endpoints[name].body.parse(call.body ?? {}),
  }) as RequestOf<N>;
async function answerOf<T>(answer: Promise<ApiAnswer<T>>): Promise<T> {
  const got = await answer;
  if (!got.ok) throw new Error(got.problem.detail);
  return got.value;
}
const ended = (id: number, ago: number, over: Partial<FinishedJob> = {}) =>
  aFinishedJob(id, { endedAt: at(-ago), ms: minutes(6), ...over });
const globex: Caller = { ...admin, kind: 'person', reach: ['globex'] };

describe('today', () => {
  it('stands against yesterday and a week ago at the same time', async () => {
    await count(
      ended(1, hours(1)),
      ended(2, hours(1), { end: 'failure', owner: 'globex' }),
      ended(3, days(1) + hours(1)),
      ended(4, days(1) - hours(1)),
      ended(5, days(7) + hours(2)),
      ended(6, days(7) - minutes(1)),
    );
    await store.transaction(async (tx) => void (await tx.jobs.insert(job(9, { state: 'queued' }))));
    const all = await answerOf(today(deps(), requestOf('today', {}), admin));
    expect(all.open).toEqual({ waiting: 0, queued: 1, running: 0 });
    expect([all.today, all.yesterday, all.lastWeek].map(({ builds }) => builds)).toEqual([2, 1, 1]);
    expect(all.today).toMatchObject({ minutes: 12, success: 1, failure: 1 });
    expect(all.hours.today).toHaveLength(13);
    expect(all.hours.today[11]?.tally.builds).toBe(2);
    expect(all.hours.yesterday).toHaveLength(24);
    expect(all.hours.yesterday.reduce((sum, { tally }) => sum + tally.builds, 0)).toBe(2);
    expect(all.owners.map(({ owner }) => owner)).toEqual(['acme', 'globex']);

    const theirs = await answerOf(today(deps(), requestOf('today', {}), globex));
    expect(theirs.today.builds).toBe(1);
    expect(theirs.open.queued).toBe(0);
    const none = await answerOf(today(deps(), requestOf('today', { query: { owner: 'acme' } }), globex));
    expect(none.today.builds).toBe(0);
  });
});

describe('insights', () => {
  const ask = (query: NonNullable<CallOf<'insights'>['query']>, caller = admin) =>
    answerOf(insights(deps(), requestOf('insights', { query }), caller));

  it('give each group with the period before, in pages', async () => {
    await count(
      ended(1, 0),
      ended(2, 0, { repository: 'acme/site', ms: minutes(60), workflow: 'Deploy' }),
      ended(3, days(8), { repository: 'acme/site' }),
      ended(4, days(20), { repository: 'acme/old' }),
    );
    const first = await ask({ days: '7', limit: '1' } as never);
    expect(first).toMatchObject({ from: '2026-11-18', to: '2026-11-24', count: 2, next: 1 });
    expect(first.rows).toMatchObject([
      { repository: 'acme/site', now: { minutes: 60 }, before: { minutes: 6 }, hot: ['share'] },
    ]);
    const second = await ask({ days: 7, after: 1 });
    expect(second.rows).toMatchObject([
      { repository: 'acme/app', now: { builds: 1 }, before: { builds: 0 } },
    ]);
    expect(second.next).toBeUndefined();
    expect(second.total.now.builds).toBe(2);
    const workflows = await ask({ by: 'workflow', repository: 'Acme/Site', days: 28 });
    expect(workflows.rows.map(({ workflow }) => workflow)).toEqual(['Deploy', 'CI']);
    expect((await ask({ by: 'user' })).rows).toMatchObject([{ user: 'octocat', now: { builds: 4 } }]);
    expect((await ask({ by: 'owner' }, globex)).rows).toEqual([]);
  });

  it('refuse a filter that is not kept', async () => {
    const query = { by: 'user', repository: 'acme/app' } as const;
    expect(await insights(deps(), requestOf('insights', { query }), admin)).toMatchObject({ ok: false });
  });

  it('draw a curve without gaps', async () => {
    await count(ended(1, 0), ended(2, days(2), { actor: 'hubot', workflow: 'Deploy' }));
    const curve = async (query: CallOf<'insightsDaily'>['query']) => {
      const { days: found } = await answerOf(
        insightsDaily(deps(), requestOf('insightsDaily', { query: { days: 7, ...query } }), admin),
      );
      return found.map(({ tally }) => tally.builds);
    };
    expect(await curve({})).toEqual([0, 0, 0, 0, 1, 0, 1]);
    expect(await curve({ user: 'hubot' })).toEqual([0, 0, 0, 0, 1, 0, 0]);
    expect(await curve({ repository: 'acme/app', workflow: 'CI' })).toEqual([0, 0, 0, 0, 0, 0, 1]);
    for (const query of [{ user: 'a', repository: 'acme/app' }, { workflow: 'CI' }]) {
      const refusal = await insightsDaily(deps(), requestOf('insightsDaily', { query }), admin);
      expect(refusal).toMatchObject({ ok: false, problem: { status: 400 } });
    }
  });
});

describe('usage', () => {
  it('adds up what repositories and users of one account built', async () => {
    await count(
      ended(1, 0),
      ended(2, 0, { end: 'skipped', ms: 0 }),
      ended(3, 0, { repository: 'acme/site', ms: 60_000 }),
    );
    const value = await answerOf(usage(deps(), requestOf('usage', { query: { owner: 'ACME' } }), admin));
    expect(value.total).toMatchObject({ builds: 3, success: 2, skipped: 1, minutes: 7 });
    expect(value.repositories.map(({ repository }) => repository)).toEqual(['acme/app', 'acme/site']);
    expect(value.users).toMatchObject([{ user: 'octocat', tally: { builds: 3, longestMs: minutes(6) } }]);
    const refusal = await usage(deps(), requestOf('usage', { query: { owner: 'acme' } }), globex);
    expect(refusal).toMatchObject({ ok: false, problem: { status: 404 } });
  });
});

describe('increases', () => {
  it('find a job that grew, and what had changed when it did', async () => {
    const rack = host(1);
    const scope = vm(1).scope;
    const grown = {
      runner: runnerName('grown'),
      scope: scopeKey(scope),
      sha: 'b'.repeat(40),
      ms: minutes(30),
    };
    await count(ended(1, days(15)), ended(2, days(8)), ended(3, 0, grown));
    await store.transaction(async (tx) => {
      await tx.vms.insert(vm(1, { runnerName: grown.runner, host: rack.id }));
    });
    const found = await answerOf(increases(deps(), requestOf('increases', {}), admin));
    expect(found.increases).toMatchObject([
      { name: 'build', usualMs: minutes(6), nowMs: minutes(30), percent: 400 },
    ]);
    expect((await answerOf(increases(deps(), requestOf('increases', {}), globex))).count).toBe(0);

    const query = { repository: 'acme/app', workflow: 'CI', name: 'build' };
    const { runs } = await answerOf(jobRuns(deps(), requestOf('jobRuns', { query }), admin));
    expect(runs.map(({ job: id, changed }) => [id, changed])).toEqual([
      [1, []],
      [2, []],
      [3, ['commit']],
    ]);
    expect(runs[2]).toMatchObject({ image: vm(1).image, host: rack.id });
    expect(await jobRuns(deps(), requestOf('jobRuns', { query }), globex)).toMatchObject({
      ok: false,
      problem: { status: 404 },
    });
  });
});

describe('advice', () => {
  it('names the label that would do, and what it would free', async () => {
    const runner = runnerName('measured');
    const scope = scopeKey(vm(1).scope);
    const had = { milliCpus: 4_000, memoryMib: 8_192, diskGib: 20 };
    const peaks = { cpuPercent: 120, memoryMib: 1_000, diskMib: 500 };
    await store.transaction((tx) => tx.insights.measure(scope, runner, { peaks, had }));
    const labels = 'bellows-4cpu-8gb,self-hosted';
    await count(...[1, 2, 3, 4, 5].map((id) => ended(id, 0, { runner, scope, labels, ms: hours(30) })));
    const value = await answerOf(advise(deps(), requestOf('advise', {}), admin));
    expect(value.advice).toMatchObject([
      { label: 'bellows-4cpu-8gb', advised: 'bellows-2cpu-2gb', runs: 5, has: had, peaks },
    ]);
    // Five runs of 30 hours in the 30 days since a Monday.
    expect(value.frees).toEqual({ milliCpus: Math.round((2_000 * 5) / 24), memoryMib: 1_280 });
    expect((await answerOf(advise(deps(), requestOf('advise', {}), globex))).count).toBe(0);
  });
});

describe('a recount', () => {
  it('counts what was over before anybody counted, a page at a time', async () => {
    const knowledge = { before: {}, completed: { conclusion: 'success', at: at(0) } } as const;
    await store.transaction(async (tx) => {
      for (let id = 1; id <= 250; id += 1) await tx.jobs.insert(job(id, { state: 'done', knowledge }));
      await tx.jobs.insert(job(251, { state: 'queued' }));
    });
    const first = await answerOf(recount(deps(), requestOf('recount', {})));
    expect(first.counted).toBe(200);
    const after = first.next;
    expect(await answerOf(recount(deps(), requestOf('recount', { body: { after } })))).toEqual({
      counted: 50,
    });
    await answerOf(recount(deps(), requestOf('recount', {})));
    const { total } = await answerOf(insights(deps(), requestOf('insights', {}), admin));
    expect(total.now).toMatchObject({ builds: 250, success: 250 });
  });
});
