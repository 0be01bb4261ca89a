import { Command as Commander, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { noCredentials, noGitHub } from '../../test/support/no-credentials.ts';
import { answered, refused } from '../wire/api/endpoint.ts';
import type { ApiClient } from '../wire/api/endpoints.ts';
import type { ApiJob } from '../wire/api/jobs.ts';
import type { ApiRepair } from '../wire/api/repairs.ts';
import type { ApiVm } from '../wire/api/vms.ts';
import { age } from './age.ts';
import type { Outcome } from './outcome.ts';
import { printHelp } from './print-help.ts';
import { addClientCommands } from './program.ts';

const now = '2026-01-01T12:00:00.000Z';
const job: ApiJob = {
  id: 11,
  runId: 22,
  runAttempt: 1,
  name: 'build',
  workflow: 'CI',
  repository: 'acme/app',
  branch: 'main',
  sha: 'abc',
  url: '',
  labels: ['bellows-2cpu-4gb', 'self-hosted'],
  state: 'queued',
  waitingFor: 'full: 3 of 3 hosts',
  firstSeenAt: '2026-01-01T11:58:00.000Z',
  since: '2026-01-01T11:58:00.000Z',
};
const vm: ApiVm = {
  id: 'vm-1',
  state: 'busy',
  scope: 'org:acme#1',
  labels: ['bellows-2cpu-4gb'],
  milliCpus: 2000,
  memoryMib: 4096,
  diskGib: 20,
  image: 'sha256:a',
  runnerName: 'r',
  cause: 11,
  attempt: 0,
  requestedAt: now,
  since: now,
};

/** What the control plane answers, by endpoint. */
type Answers = Partial<Record<string, unknown>>;

/** Types a command line; gives what was asked of the control plane, and the outcome. */
async function type(line: string, answers: Answers = {}) {
  const asked: unknown[] = [];
  const api: ApiClient = {
    async call(name, request) {
      asked.push([name, request]);
      return (answers[name] ?? refused(404, 'Not found', 'There is no such thing.')) as never;
    },
  };
  let outcome: Outcome | undefined;
  let isJson: boolean | undefined;
  const program = new Commander().name('bellows');
  addClientCommands(program, async (command, { json }) => {
    outcome = await command(api, {
      operator: 'ada@desk',
      say: () => {},
      pause: () => Promise.resolve(),
      credentials: noCredentials,
      github: noGitHub,
    });
    isJson = json;
  });
  const quiet = (command: Commander): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    command.commands.forEach(quiet);
  };
  quiet(program);
  await program.parseAsync(line.split(' '), { from: 'user' });
  if (outcome === undefined) throw new Error('no command was run');
  return { asked, outcome, isJson };
}
const textOf = (outcome: Outcome): string => (outcome.ok ? outcome.text : outcome.message);

describe('bellows jobs', () => {
  it('shows each job with why it waits and how it ended', async () => {
    const jobs = [job, { ...job, id: 12, state: 'done', conclusion: 'failure', waitingFor: '', vm: 'vm-9' }];
    const { outcome, asked } = await type('jobs', { listJobs: answered({ now, jobs }) });
    expect(asked).toEqual([['listJobs', { query: {} }]]);
    expect(textOf(outcome).split('\n')).toEqual([
      expect.stringMatching(/^JOB +REPOSITORY +NAME +LABELS +STATE +FOR +VM +WHY IT WAITS$/),
      expect.stringMatching(
        /^11 +acme\/app +build +bellows-2cpu-4gb,self-hosted +queued +2 min +full: 3 of 3 hosts$/,
      ),
      expect.stringMatching(/^12 .* done: failure +2 min +vm-9$/),
    ]);
  });

  it('asks for what it is told to', async () => {
    const { asked, isJson } = await type('jobs --owner acme --state queued --run 22 --limit 5 --json');
    expect(asked).toEqual([['listJobs', { query: { owner: 'acme', state: 'queued', run: 22, limit: 5 } }]]);
    expect(isJson).toBe(true);
  });

  it('gives programs the answer as it came', async () => {
    const { outcome } = await type('jobs', { listJobs: answered({ now, jobs: [job] }) });
    expect(outcome).toMatchObject({ ok: true, json: { now, jobs: [job] } });
  });

  it('says so when there are none', async () => {
    expect(textOf((await type('jobs', { listJobs: answered({ now, jobs: [] }) })).outcome)).toBe('No jobs.');
  });

  it('does not let a name talk to the terminal', async () => {
    const jobs = [{ ...job, name: 'a\u001b[2Jb\nc' }];
    const { outcome } = await type('jobs', { listJobs: answered({ now, jobs }) });
    expect(textOf(outcome)).not.toContain('\u001b');
    expect(textOf(outcome).split('\n')).toHaveLength(2);
  });
});

describe('bellows hosts', () => {
  it('shows what is in use of what there is', async () => {
    const host = {
      id: 'host-1',
      name: 'rack',
      state: 'online',
      owners: [],
      capacity: {
        arch: 'x64',
        milliCpus: 8000,
        memoryMib: 32_768,
        diskGib: 100,
        labels: ['gpu'],
        images: ['sha256:b'],
      },
      vms: 2,
      usedMilliCpus: 4500,
      usedMemoryMib: 8192,
      maxVms: 7,
      image: {
        digest: 'sha256:b',
        builtAt: '2026-01-01T09:00:00.000Z',
        runner: { version: '2.336.0' },
      },
      vitals: {
        at: now,
        pingMs: 1.26,
        load: { oneMinute: 2.25, fiveMinutes: 2, fifteenMinutes: 1 },
        memoryBytes: 34 * 2 ** 30,
        memoryUsedBytes: 4 * 2 ** 30,
      },
      lastHeardAt: '2026-01-01T11:59:57.000Z',
      enrolledAt: now,
    };
    const fresh = {
      id: 'host-2',
      name: 'new',
      state: 'silent',
      owners: ['acme'],
      vms: 0,
      usedMilliCpus: 0,
      usedMemoryMib: 0,
      enrolledAt: now,
    };
    const { outcome } = await type('hosts', {
      listHosts: answered({ now, image: 'sha256:b', hosts: [host, fresh] }),
    });
    expect(textOf(outcome)).toMatch(
      /host-1 +rack +online +2\/7 +4\.5\/8 +8\/32 GiB +2\.3 +30 GiB +1\.3 ms +current, 3 h old +2\.336\.0 +gpu +all +3 s ago/,
    );
    expect(textOf(outcome)).toMatch(/host-2 +new +silent +0 +0\/\? +0\/\? GiB +\? +acme +never/);
  });

  it('says how to get one when there is none', async () => {
    const { outcome } = await type('hosts', { listHosts: answered({ now, image: 'sha256:b', hosts: [] }) });
    expect(textOf(outcome)).toContain('bellows host enrol-token');
  });
});

describe('bellows vms', () => {
  it('shows what each is for, or why it failed', async () => {
    const vms = [
      { ...vm, job: 11, host: 'host-1' },
      { ...vm, id: 'vm-2', state: 'failed', failure: { reason: 'no disk', owner: 'host' } },
    ];
    const { outcome } = await type('vms', { listVms: answered({ now, vms }) });
    expect(textOf(outcome)).toMatch(/vm-1 +busy +0 s +org:acme#1 +bellows-2cpu-4gb +host-1 +11\n/);
    expect(textOf(outcome)).toMatch(/vm-2 +failed .* for 11 +no disk \(host\)$/);
  });
});

describe('bellows logs', () => {
  it('prints the lines as they are', async () => {
    const { outcome, asked } = await type('logs vm-1 --lines 2', {
      vmLog: answered({ vm: 'vm-1', lines: ['a  b', 'c'] }),
    });
    expect(textOf(outcome)).toBe('a  b\nc');
    expect(asked).toEqual([['vmLog', { params: { vm: 'vm-1' }, query: { lines: 2 } }]]);
  });

  it.each([
    ['--age 15m', { ageSeconds: 900 }],
    ['--age 90s', { ageSeconds: 90 }],
    ['--age 2d', { ageSeconds: 172_800 }],
    ['--since 2026-01-31T08:00Z', { since: '2026-01-31T08:00:00.000Z' }],
  ])('asks for a part of the time with %s', async (flag, query) => {
    const { asked, outcome } = await type(`logs vm-1 ${flag}`, {
      vmLog: answered({ vm: 'vm-1', lines: [] }),
    });
    expect(asked).toEqual([['vmLog', { params: { vm: 'vm-1' }, query }]]);
    expect(textOf(outcome)).toContain('docs/hosts.md');
  });

  it.each(['--age 15', '--age m', '--age 0m', '--age 1h --since 2026-01-31'])('refuses %s', async (flags) => {
    await expect(type(`logs vm-1 ${flags}`)).rejects.toThrow(CommanderError);
  });
});

describe('bellows events', () => {
  it('tells the story with the time between its lines', async () => {
    const events = [
      { at: '2026-01-01T12:00:00.000Z', subject: '11', event: 'queued', data: {} },
      {
        at: '2026-01-01T12:00:01.250Z',
        subject: 'vm-1',
        event: 'placed',
        data: { host: 'host-1', tries: 2 },
      },
    ];
    const { outcome } = await type('events 11', { jobEvents: answered({ job, events }) });
    const lines = textOf(outcome).split('\n');
    expect(lines.slice(0, 2)).toEqual(['acme/app build (11): queued', 'full: 3 of 3 hosts']);
    expect(lines[4]).toMatch(/^12:00:01\.250 +1250 ms +vm-1 +placed +host=host-1 tries=2$/);
  });
});

describe('bellows host enrol-token', () => {
  it('makes one and says what to do with it', async () => {
    const { outcome, asked } = await type('host enrol-token --name rack --owner acme globex --minutes 5', {
      makeEnrolToken: answered({ token: 't0ken', expiresAt: now }),
    });
    expect(asked).toEqual([
      ['makeEnrolToken', { body: { name: 'rack', owners: ['acme', 'globex'], validForMinutes: 5 } }],
    ]);
    expect(textOf(outcome)).toMatch(/^t0ken\n/);
  });

  it('makes one for a machine of a fleet that scales by itself', async () => {
    const { asked } = await type('host enrol-token --auto', {
      makeEnrolToken: answered({ token: 't0ken', expiresAt: now }),
    });
    expect(asked).toEqual([['makeEnrolToken', { body: { auto: true, validForMinutes: 60 } }]]);
  });
});

describe('bellows check github', () => {
  const finding = (result: string) => ({
    check: 'key',
    subject: '',
    result,
    meaning: 'It is so.',
    mend: result === 'ok' ? '' : 'Do this.',
  });

  it('is well with warnings, and says what to do', async () => {
    const { outcome } = await type('check github', {
      checkGithub: answered({ findings: [finding('ok'), finding('warning')] }),
    });
    expect(outcome).toMatchObject({ ok: true, json: { ok: true } });
    expect(textOf(outcome)).toBe('ok       key: It is so.\nwarning  key: It is so.\n         → Do this.');
  });

  it('is not well when anything has failed', async () => {
    const { outcome } = await type('check github', {
      checkGithub: answered({ findings: [finding('failure')] }),
    });
    expect(outcome).toMatchObject({ ok: false, json: { ok: false, findings: [finding('failure')] } });
    expect(textOf(outcome)).toContain('1 thing is to be mended.');
  });
});

describe('repairs', () => {
  const found: ApiRepair = {
    number: 7,
    at: '2026-01-01T11:57:00.000Z',
    kind: 'job-found-by-poll',
    cause: 'no webhook told of it',
    subject: { kind: 'job', id: '11' },
    owner: 'acme',
    data: { state: 'queued', n: 1 },
  };

  it('are listed with what was mended and why, and counted', async () => {
    const value = { now, counts: { 'job-found-by-poll': 3, 'vm-reaped': 0 }, repairs: [found], next: 7 };
    const line = 'repairs --owner acme --kind job-found-by-poll --since 2026-01-01 --limit 1';
    const { asked, outcome } = await type(line, { listRepairs: answered(value) });
    const query = { owner: 'acme', kind: 'job-found-by-poll', since: '2026-01-01T00:00:00.000Z', limit: 1 };
    expect(asked).toEqual([['listRepairs', { query }]]);
    expect(outcome).toMatchObject({ ok: true, json: value });
    const text = outcome?.ok ? outcome.text : '';
    expect(text).toMatch(/3 min +job-found-by-poll +job 11 +acme +no webhook told of it +state=queued n=1/);
    expect(text).toMatch(/^job-found-by-poll +3$/m);
    expect(text).not.toContain('vm-reaped');
    expect(text).toContain('--before 7');
  });

  it('are none when all is well', async () => {
    const { outcome } = await type('repairs', { listRepairs: answered({ now, counts: {}, repairs: [] }) });
    expect(outcome).toMatchObject({ ok: true, text: 'Nothing had to be mended.' });
  });

  it('are made now on demand', async () => {
    const value = { mended: [found], failed: [] };
    const { asked, outcome } = await type('repair --owner acme', { repairNow: answered(value) });
    expect(asked).toEqual([['repairNow', { body: { owner: 'acme' } }]]);
    expect(outcome).toMatchObject({ ok: true, json: value, text: expect.stringContaining('job 11') });
  });

  it('that could not be tried are told as a failure, with those that were made', async () => {
    const value = { mended: [found], failed: [{ loop: 'poll', reason: 'GitHub did not answer' }] };
    const { outcome } = await type('repair', { repairNow: answered(value) });
    expect(outcome).toMatchObject({ ok: false, json: value });
    const message = outcome?.ok === false ? outcome.message : '';
    expect(message).toContain('job 11');
    expect(message).toContain('poll failed: GitHub did not answer.');
  });
});

describe('every command', () => {
  it.each([
    'jobs',
    'hosts',
    'vms',
    'logs x',
    'events 1',
    'host enrol-token',
    'check github',
    'repair',
    'repairs',
    'alerts',
    'alerts --test',
  ])('%s passes on a refusal', async (line) => {
    expect((await type(line)).outcome).toEqual({ ok: false, message: 'There is no such thing.' });
  });

  it.each([
    'jobs --state asleep',
    'events one',
    'logs',
    'jobs --limit 0',
    'jobs --sate x',
    'logs a b',
    'repairs --since never',
    'repairs --kind odd',
  ])('refuses a wrong command line: %s', async (line) => {
    await expect(type(line)).rejects.toBeInstanceOf(CommanderError);
  });

  it('is in the printed help', () => {
    const program = new Commander('bellows');
    addClientCommands(program, async () => {});
    const printed = printHelp(program);
    for (const name of [
      'jobs',
      'hosts',
      'vms',
      'logs',
      'events',
      'host enrol-token',
      'check github',
      'repair',
      'repairs',
    ]) {
      expect(printed).toContain(`## bellows ${name}\n`);
    }
  });
});

describe('an age', () => {
  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [7_199, '1 h'],
    [200_000, '2 d'],
    [-5, '0 s'],
  ])('of %i seconds is %s', (seconds, text) => {
    expect(age(new Date(Date.parse(now) - seconds * 1000).toISOString(), now)).toBe(text);
  });
});
