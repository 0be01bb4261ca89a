// What the contract suite cannot show: how the adapter speaks HTTP. A server answers as it is told and keeps what it heard.

import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  type Canned,
  type CannedServer,
  startCannedServer,
} from '../../../test/support/canned-server.ts';
import { installationId, jobId, repositoryId, runnerId, runnerName } from '../../domain/ids.ts';
import type { Scope } from '../../domain/scope.ts';
import { type Instant, instantOf, minutes } from '../../domain/time.ts';
import { Secret } from '../../ports/secret.ts';
import { type Budget, StoreUnavailableError } from '../../ports/store.ts';
import { budgetStore, privateKey, refusal } from './octokit-github.fixture.ts';
import { OctokitGitHub } from './octokit-github.ts';

const acme: Scope = { kind: 'organization', installationId: installationId(5), login: 'acme', groupId: 3 };
const sam: Scope = { kind: 'repository', installationId: installationId(6), owner: 'sam', name: 'app' };
const app = { id: repositoryId(1), fullName: 'acme/app', installationId: installationId(5) };
const repository = { ...app, private: true, fork: false, ownerKind: 'organization' } as const;

let server: CannedServer;
let canned: CannedServer['canned'];
let heard: CannedServer['heard'];
let now: Instant;
let budgets: Map<string, Budget>;

beforeEach(async () => {
  now = instantOf(Date.UTC(2026, 0, 1));
  budgets = new Map();
  server = await startCannedServer(tokenOr404);
  ({ canned, heard } = server);
});
afterEach(() => server.close());

function tokenOr404(key: string): Answer {
  const installation = /^POST \/app\/installations\/(\d+)\/access_tokens$/.exec(key)?.[1];
  const expires_at = new Date(later(minutes(60))).toISOString();
  return installation
    ? { status: 201, body: { token: `ghs_t0ken_${installation}`, expires_at } }
    : { status: 404, body: { message: 'Not Found' } };
}

const store = budgetStore(() => budgets);
const github = (options: { timeoutMs?: number; store?: typeof store; lookShare?: number } = {}) =>
  new OctokitGitHub({
    appId: 7,
    privateKey: new Secret(privateKey),
    apiUrl: `${server.url}/`,
    userAgent: 'bellows/test',
    clock: { now: () => now, sleep: () => Promise.resolve() },
    store,
    lookShare: 0.6,
    ...options,
  });
const later = (ms: number): Instant => instantOf(now + ms);
const lines = () => heard.map(({ line }) => line);
const runners = '/orgs/acme/actions/runners';
const jit = `POST ${runners}/generate-jitconfig`;

describe('a call', () => {
  it('carries the token of its installation, the version and our name', async () => {
    canned[`GET ${runners}`] = { body: { total_count: 0, runners: [] } };
    await github().listRunners(acme);
    expect(lines()).toEqual([
      'POST /app/installations/5/access_tokens',
      `GET ${runners}?per_page=100&page=1`,
    ]);
    expect(heard[0]?.headers.authorization).toMatch(/^Bearer ey[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(heard[1]?.headers).toMatchObject({
      authorization: 'Bearer ghs_t0ken_5',
      'x-github-api-version': '2022-11-28',
      'user-agent': expect.stringContaining('bellows/test'),
    });
  });

  it('registers in the group of the organisation, or in group 1 of a repository, with exactly these labels', async () => {
    canned[jit] = { status: 201, body: { runner: { id: 9 }, encoded_jit_config: 'c0nfig' } };
    canned['POST /repos/sam/app/actions/runners/generate-jitconfig'] = canned[jit];
    const made = await github().registerRunner(acme, runnerName('vm-1'), ['a', 'b']);
    expect(made).toMatchObject({ kind: 'registered', runner: 9 });
    expect(made.kind === 'registered' && made.jitConfig.reveal()).toBe('c0nfig');
    await github().registerRunner(sam, runnerName('vm-2'), ['a']);
    expect(heard.filter(({ line }) => line.includes('jitconfig')).map(({ body }) => body)).toEqual([
      { name: 'vm-1', labels: ['a', 'b'], runner_group_id: 3, work_folder: '_work' },
      { name: 'vm-2', labels: ['a'], runner_group_id: 1, work_folder: '_work' },
    ]);
  });

  it('asks for one token for many calls at once', async () => {
    canned[`GET ${runners}`] = { body: { total_count: 0, runners: [] } };
    const api = github();
    await Promise.all([1, 2, 3, 4].map(() => api.listRunners(acme)));
    expect(lines().filter((line) => line.includes('access_tokens'))).toHaveLength(1);
  });

  it('that meets a token which GitHub has revoked fails, and the next one has a new token', async () => {
    canned[`GET ${runners}`] = [
      { status: 401, body: { message: 'Bad credentials' } },
      { body: { total_count: 0, runners: [] } },
    ];
    const api = github();
    expect(await refusal(api.listRunners(acme))).toMatchObject({ kind: 'unauthorised' });
    expect(await api.listRunners(acme)).toEqual([]);
    expect(lines().filter((line) => line.includes('access_tokens'))).toHaveLength(2);
  });

  it('reads lists to their end', async () => {
    const page = (from: number, count: number) => ({
      body: {
        total_count: 150,
        runners: Array.from({ length: count }, (_, i) => ({
          id: from + i,
          name: `vm-${from + i}`,
          status: 'online',
          busy: false,
          labels: [{ name: 'X', type: 'custom' }],
        })),
      },
    });
    canned[`GET ${runners}`] = [page(0, 100), page(100, 50)];
    const all = await github().listRunners(acme);
    expect([all.length, all[149]]).toEqual([
      150,
      { id: 149, name: 'vm-149', online: true, busy: false, labels: ['x'] },
    ]);
  });

  it('is given up after its time: it may have worked all the same', async () => {
    canned[jit] = 'silence';
    const error = await refusal(github({ timeoutMs: 200 }).registerRunner(acme, runnerName('a'), ['x']));
    expect(error).toMatchObject({ kind: 'unavailable', status: undefined });
    expect(error.message).toContain('register the runner a in org:acme#3');
  });

  it.each([
    ['a connection that breaks', 'hang-up'],
    ['a gateway with a page for people', { status: 502, headers: { 'content-type': 'text/html' } }],
    ['an answer that is not as documented', { status: 201, body: { encoded: 'c0nfig' } }],
  ] as const)('that meets %s is unavailable', async (_what, answer) => {
    canned[jit] = answer;
    const error = await refusal(github().registerRunner(acme, runnerName('a'), ['x']));
    expect(error.kind).toBe('unavailable');
    expect(inspect(error, { depth: 9 })).not.toContain('c0nfig');
  });

  it('shows neither token nor key, whatever goes wrong', async () => {
    const answers: Canned[] = [
      ...[400, 401, 403, 404, 409, 422, 429, 500].map((status) => ({ status, body: { message: 'no' } })),
      'hang-up',
      'silence',
    ];
    for (const answer of answers) {
      canned[`GET ${runners}`] = answer;
      const error = await refusal(github({ timeoutMs: 200 }).listRunners(acme));
      const shown = inspect(error, { depth: 20, showHidden: true });
      expect(shown).not.toMatch(/ghs_|Bearer|BEGIN|eyJ/);
    }
  });
});

describe('an installation that is gone', () => {
  beforeEach(() => {
    canned['POST /app/installations/5/access_tokens'] = { status: 404, body: { message: 'Not Found' } };
  });

  it('is not taken for a runner or a job that is gone', async () => {
    expect(await refusal(github().deleteRunner(acme, runnerId(1)))).toMatchObject({ kind: 'forbidden' });
    const job = { id: jobId(1), installationId: installationId(5), repository: 'acme/app' };
    expect(await refusal(github().readJob(job))).toMatchObject({ kind: 'forbidden' });
    expect(await refusal(github().getRunner(acme, runnerId(1)))).toMatchObject({ kind: 'forbidden' });
  });

  it('makes registering hopeless', async () => {
    expect(await github().registerRunner(acme, runnerName('a'), ['x'])).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('not installed'),
    });
  });
});

describe('a registration', () => {
  const register = () => github().registerRunner(acme, runnerName('a'), ['x']);

  it.each([
    [409, 'Already exists - A runner with the name *** already exists.', { kind: 'name-taken' }],
    [422, 'Already exists', { kind: 'name-taken' }],
    [404, 'Not Found', { kind: 'refused' }],
    [403, 'Repository level self-hosted runners are disabled', { kind: 'refused' }],
    [403, 'Resource not accessible by integration', { kind: 'refused' }],
    [422, 'Invalid runner group', { kind: 'refused' }],
  ])('answered %i "%s" is a value', async (status, message, outcome) => {
    canned[jit] = { status, body: { message } };
    expect(await register()).toMatchObject(outcome);
  });

  it.each([
    [403, 'You have exceeded a secondary rate limit', 'rate-limited'],
    [500, 'Server Error', 'unavailable'],
    [401, 'Bad credentials', 'unauthorised'],
  ])('answered %i "%s" is an error', async (status, message, kind) => {
    canned[jit] = { status, body: { message } };
    expect(await refusal(register())).toMatchObject({ kind });
  });
});

describe('the budget', () => {
  const empty = { total_count: 0, runners: [] };
  const rate = (remaining: number, more: Record<string, string> = {}) => ({
    'x-ratelimit-remaining': `${remaining}`,
    'x-ratelimit-reset': `${later(minutes(30)) / 1000}`,
    ...more,
  });

  it('that GitHub calls used up stops us before the next call, in every process', async () => {
    canned[`GET ${runners}`] = { headers: rate(0), body: empty };
    await github().listRunners(acme);
    const calls = heard.length;
    const another = github();
    const error = await refusal(another.listRunners(acme));
    expect(error).toMatchObject({ kind: 'rate-limited', retryAt: later(minutes(30)) });
    expect(heard.slice(calls)).toEqual([]);
    now = later(minutes(30));
    await another.listRunners(acme);
  });

  it('of one installation is not that of another', async () => {
    canned[`GET ${runners}`] = { headers: rate(0), body: empty };
    canned['GET /repos/sam/app/actions/runners'] = { body: empty };
    await github().listRunners(acme);
    expect(await github().listRunners(sam)).toEqual([]);
  });

  it('is shut by a secondary limit for as long as GitHub says', async () => {
    const message = 'You have exceeded a secondary rate limit';
    canned[jit] = { status: 403, headers: { 'retry-after': '90' }, body: { message } };
    canned[`GET ${runners}`] = { body: empty };
    const first = await refusal(github().registerRunner(acme, runnerName('a'), ['x']));
    expect(first.retryAt).toBe(later(90_000));
    expect(await refusal(github().listRunners(acme))).toMatchObject({ retryAt: later(90_000) });
    now = later(90_000);
    expect(await github().listRunners(acme)).toEqual([]);
  });

  it('counts registrations by themselves where GitHub does', async () => {
    const resource = { 'x-ratelimit-resource': 'actions_runner_registration' };
    const body = { runner: { id: 9 }, encoded_jit_config: 'c' };
    canned[jit] = { status: 201, headers: rate(0, resource), body };
    canned[`GET ${runners}`] = { body: empty };
    await github().registerRunner(acme, runnerName('a'), ['x']);
    expect(await github().listRunners(acme)).toEqual([]);
    expect(await refusal(github().registerRunner(acme, runnerName('b'), ['x']))).toMatchObject({
      kind: 'rate-limited',
    });
  });

  it('lets 180 registrations a minute go', async () => {
    canned[jit] = { status: 201, body: { runner: { id: 9 }, encoded_jit_config: 'c' } };
    const api = github();
    for (let i = 0; i < 180; i++) await api.registerRunner(acme, runnerName(`r${i}`), ['x']);
    const error = await refusal(api.registerRunner(acme, runnerName('one more'), ['x']));
    expect(error).toMatchObject({ kind: 'rate-limited', retryAt: later(minutes(1)) });
    expect(heard.filter(({ line }) => line === jit)).toHaveLength(180);
  });

  it('has a reserve that polls do not touch', async () => {
    canned[`GET ${runners}`] = { headers: rate(400), body: empty };
    await github().listRunners(acme);
    expect(await refusal(github().openJobs(repository))).toMatchObject({ kind: 'rate-limited' });
    expect(await github().listRunners(acme)).toEqual([]);
  });

  it('leaves to the rest what looks may not spend, of the limit that GitHub names', async () => {
    canned[`GET ${runners}`] = { headers: { ...rate(5_000), 'x-ratelimit-limit': '12500' }, body: empty };
    canned['GET /repos/acme/app/actions/runs'] = { body: { total_count: 0, workflow_runs: [] } };
    await github().listRunners(acme);
    expect(await github().budget(acme.installationId)).toMatchObject({ limit: 12_500, remaining: 5_000 });
    const greedy = github({ lookShare: 0.7 });
    expect(await greedy.openJobs(repository)).toEqual({ jobs: [] });
    const modest = github({ lookShare: 0.5 });
    expect(await refusal(modest.openJobs(repository))).toMatchObject({ kind: 'rate-limited' });
  });

  it('that cannot be reached stops the call: an unknown budget is none', async () => {
    const down = { transaction: () => Promise.reject(new StoreUnavailableError('down')) };
    await expect(github({ store: down }).listRunners(acme)).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});

describe('open jobs', () => {
  const runs = 'GET /repos/acme/app/actions/runs';
  const job = {
    id: 3,
    run_id: 8,
    name: 'build',
    status: 'queued',
    labels: ['x'],
    created_at: '2026-01-01T00:00:00Z',
  };

  it('are asked for with what we know, and unchanged answers are used again', async () => {
    const list = { total_count: 1, workflow_runs: [{ id: 8 }] };
    const jobs = `${runs}/8/jobs`;
    canned[runs] = [
      { headers: { etag: '"q"' }, body: list },
      { headers: { etag: '"p"' }, body: list },
      { status: 304 },
    ];
    canned[jobs] = [{ headers: { etag: '"j"' }, body: { total_count: 1, jobs: [job] } }, { status: 304 }];
    const api = github();
    const { jobs: first } = await api.openJobs(repository);
    expect(first).toMatchObject([{ identity: { id: 3, labels: ['x'] }, run: 8, fact: { asOf: now } }]);
    now = later(1_000);
    const { jobs: second } = await api.openJobs(repository);
    expect(second).toMatchObject([{ identity: { id: 3 }, fact: { status: 'queued', asOf: now } }]);
    const conditions = heard.map(({ headers }) => headers['if-none-match']);
    expect(conditions).toEqual([undefined, undefined, undefined, undefined, '"q"', '"p"', '"j"']);
  });

  const list = { total_count: 2, workflow_runs: [{ id: 8 }, { id: 9 }] };
  const told = { body: { total_count: 1, jobs: [{ ...job, run_id: 9 }] } };

  it('are those that GitHub told, with what it did not', async () => {
    canned[runs] = { body: list };
    canned[`${runs}/8/jobs`] = { status: 502 };
    canned[`${runs}/9/jobs`] = told;
    const { jobs, missed } = await github().openJobs(repository);
    expect(jobs).toMatchObject([{ identity: { id: 3 }, run: 9 }]);
    expect(missed).toMatchObject({ kind: 'unavailable', status: 502 });
  });

  it('are those of one list when the other is not told', async () => {
    canned[runs] = [{ status: 502 }, { body: list }];
    canned[`${runs}/8/jobs`] = { body: { total_count: 0, jobs: [] } };
    canned[`${runs}/9/jobs`] = told;
    const { jobs, missed } = await github().openJobs(repository);
    expect(jobs).toMatchObject([{ identity: { id: 3 } }]);
    expect(missed).toMatchObject({ kind: 'unavailable' });
  });

  it('are an error when nothing is told', async () => {
    canned[runs] = { body: list };
    canned[`${runs}/8/jobs`] = { status: 502 };
    canned[`${runs}/9/jobs`] = { status: 503 };
    expect(await refusal(github().openJobs(repository))).toMatchObject({ kind: 'unavailable', status: 503 });
  });
});

describe('the App', () => {
  it('tells who it is and where its webhook goes', async () => {
    canned['GET /app'] = {
      body: { id: 7, slug: 'bellows', permissions: { actions: 'read' }, events: ['workflow_job'] },
    };
    canned['GET /app/hook/config'] = {
      body: { url: 'https://b.example/webhooks/github', content_type: 'json' },
    };
    expect(await github().app()).toEqual({
      id: 7,
      slug: 'bellows',
      permissions: { actions: 'read' },
      events: ['workflow_job'],
      webhookUrl: 'https://b.example/webhooks/github',
    });
    canned['GET /app/hook/config'] = { status: 404, body: { message: 'Not Found' } };
    expect((await github().app()).webhookUrl).toBeUndefined();
  });

  it('has its deliveries made again', async () => {
    canned['GET /app/hook/deliveries'] = {
      body: [
        {
          id: 1,
          guid: 'g',
          event: 'ping',
          delivered_at: '2026-01-01T00:00:00Z',
          status: 'OK',
          status_code: 202,
        },
      ],
    };
    const page = await github().deliveries('v1_12');
    expect(page).toMatchObject({ attempts: [{ id: 1, guid: 'g', statusCode: 202, redelivery: false }] });
    expect(page).not.toHaveProperty('next');
    expect(lines().at(-1)).toBe('GET /app/hook/deliveries?per_page=100&cursor=v1_12');
    canned['POST /app/hook/deliveries/1/attempts'] = { status: 202, body: {} };
    expect(await github().redeliver(1)).toBe('asked');
    expect(await github().redeliver(2)).toBe('too-old');
  });
});
