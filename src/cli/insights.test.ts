import { describe, expect, it } from 'vitest';
import { noCredentials, noGitHub } from '../../test/support/no-credentials.ts';
import { answered, refused } from '../wire/api/endpoint.ts';
import type { ApiClient } from '../wire/api/endpoints.ts';
import { advise } from './advise.ts';
import { increases, jobRuns } from './increases.ts';
import { insights, recount, today } from './insights.ts';
import type { Command } from './outcome.ts';
import { growth, lasting } from './tally-columns.ts';
import { usage } from './usage.ts';

const tally = {
  ...{ builds: 4, minutes: 6.5, success: 2, failure: 1, cancelled: 1, skipped: 0, other: 0 },
  ...{ averageMs: 97_500, longestMs: 7_800_000 },
};

/** What a command says to these answers, one after the other, and what it asked. */
async function said(command: Command, ...answers: readonly object[]) {
  const asked: unknown[] = [];
  const left = [...answers];
  const api: ApiClient = {
    async call(name, request) {
      asked.push([name, request]);
      return (left.shift() ?? refused(404, 'Not found', 'There is none.')) as never;
    },
  };
  const progress: string[] = [];
  const terminal = {
    operator: 'ada@desk',
    say: (text: string) => void progress.push(text),
    pause: async () => {},
    credentials: noCredentials,
    github: noGitHub,
  };
  const outcome = await command(api, terminal);
  return { asked, progress, text: outcome.ok ? outcome.text : outcome.message, outcome };
}

describe('bellows today', () => {
  it('stands beside earlier days, with a line for each hour', async () => {
    const hours = { today: [{ start: '2026-01-01T00:00:00.000Z', tally }], yesterday: [], lastWeek: [] };
    const value = {
      now: '',
      open: { waiting: 1, queued: 2, running: 3 },
      today: tally,
      yesterday: tally,
      lastWeek: tally,
    };
    const { text, asked } = await said(today('acme'), answered({ ...value, hours, owners: [] }));
    expect(asked).toEqual([['today', { query: { owner: 'acme' } }]]);
    expect(text).toContain('2 queued, 3 running, 1 waiting');
    expect(text).toMatch(/a week ago +4 +6\.5 +2 +1 +1 +1 min 38 s +2 h 10 min/);
    expect(text).toMatch(/00:00 +4/);
  });
});

describe('bellows insights', () => {
  const row = {
    owner: 'acme',
    repository: 'acme/app',
    now: tally,
    before: { ...tally, minutes: 5 },
    hot: ['share'],
  };
  const value = {
    from: '2026-01-01',
    to: '2026-01-28',
    total: { now: tally, before: tally },
    rows: [row],
    count: 2,
    next: 1,
  };

  it('tells growth, what to look at, and that there is more', async () => {
    const { text } = await said(insights({}), answered(value));
    expect(text).toMatch(/acme\/app .* \+30 % +share/);
    expect(text).toContain('--after 1');
  });
  it('says so when nothing was built', async () => {
    expect((await said(insights({}), answered({ ...value, rows: [] }))).text).toContain('Nothing was built');
  });
});

describe('bellows usage', () => {
  const value = {
    ...{ from: '2026-01-01', to: '2026-01-28', total: tally },
    repositories: [{ repository: 'acme/app', tally }],
    users: [{ user: '', tally }],
  };
  it('has a row for each repository and each user', async () => {
    const { text } = await said(usage({ owner: 'acme' }), answered(value));
    expect(text).toMatch(/acme\/app +4 +2 +1 +1 +0 +6 min 30 s/);
    expect(text).toMatch(/nobody told +4/);
  });
  it('fails with the words of the control plane', async () => {
    expect((await said(usage({ owner: 'acme' }))).outcome).toEqual({ ok: false, message: 'There is none.' });
  });
});

describe('bellows increases', () => {
  const increase = {
    ...{ owner: 'acme', repository: 'acme/app', workflow: 'CI', name: 'build' },
    ...{ usualMs: 60_000, nowMs: 90_000, percent: 50 },
    weeks: [{ monday: '2026-01-05', builds: 1, averageMs: 60_000 }],
  };
  it('tells by how much each grew', async () => {
    const { text } = await said(increases({}), answered({ count: 2, increases: [increase] }));
    expect(text).toMatch(/acme\/app +CI +build +1 min 0 s +1 min 30 s +\+50 %/);
    expect(text).toContain('2 in all');
    expect((await said(increases({}), answered({ count: 0, increases: [] }))).text).toContain('No job');
  });
  it('tells what had changed when it grew', async () => {
    const run = {
      job: 1,
      endedAt: '2026-01-05T00:00:00.000Z',
      ms: 90_000,
      waitMs: 0,
      sha: 'abcdef0123',
      size: '2cpu',
    };
    const query = { repository: 'acme/app', workflow: 'CI', name: 'build' };
    const { text } = await said(
      jobRuns(query),
      answered({ runs: [{ ...run, changed: ['commit', 'host'] }] }),
    );
    expect(text).toMatch(/2026-01-05 +1 +1 min 30 s .* abcdef0 +2cpu +commit, host/);
  });
});

describe('bellows advise', () => {
  const frees = { milliCpus: 2_000, memoryMib: 6_144, diskGib: 0 };
  const one = {
    ...{ owner: 'acme', repository: 'acme/app', workflow: 'CI', name: 'build', runs: 9, minutes: 3 },
    ...{ label: 'bellows-4cpu-8gb', advised: 'bellows-2cpu-2gb', has: frees, frees },
    peaks: { cpuPercent: 120, memoryMib: 1_024, diskMib: 512 },
  };
  it('tells which label would do, and what that would free', async () => {
    const { text } = await said(advise({}), answered({ count: 1, advice: [one], frees }));
    expect(text).toMatch(/bellows-4cpu-8gb +bellows-2cpu-2gb +9 +1\.2 cpu, 1 GiB, disk 0\.5 GiB/);
    expect(text).toContain('2 processors and 6 GiB');
    const means = { cpuPercent: 45, memoryMib: 512 };
    const traffic = { receivedBytes: 30_000_000, sentBytes: 1_250_000 };
    const more = await said(advise({}), answered({ count: 1, advice: [{ ...one, means, traffic }], frees }));
    expect(more.text).toMatch(/0\.5 cpu, 0\.5 GiB +30 \/ 1\.3 MB/);
    expect((await said(advise({}), answered({ count: 0, advice: [], frees }))).text).toContain('No job');
  });
});

describe('bellows recount', () => {
  const next = { at: '2026-01-01T00:00:00.000Z', id: 7 };
  it('goes on until there is none, and says how far it is', async () => {
    const page = answered({ counted: 200, next });
    const { text, progress, asked } = await said(recount(), page, answered({ counted: 3 }));
    expect(text).toBe('203 jobs are counted.');
    expect(progress).toHaveLength(1);
    expect(asked).toEqual([
      ['recount', { body: {} }],
      ['recount', { body: { after: next } }],
    ]);
  });
  it('says how far it came when it is refused', async () => {
    const { outcome } = await said(recount(), answered({ counted: 200, next }));
    expect(outcome).toMatchObject({ ok: false, json: { counted: 200 } });
  });
});

describe('words for a tally', () => {
  it('are short', () => {
    expect([45_000, 185_000, 7_800_000].map(lasting)).toEqual(['45 s', '3 min 5 s', '2 h 10 min']);
    expect([growth(0, 0), growth(1, 0), growth(1, 2), growth(3, 2)]).toEqual(['', 'new', '-50 %', '+50 %']);
  });
});
