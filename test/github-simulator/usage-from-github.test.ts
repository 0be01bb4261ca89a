// `bellows usage --from-github` against the simulated GitHub over HTTP: nothing of ours runs but the command.

import { afterEach, describe, expect, it } from 'vitest';
import { TokenHistory } from '../../src/adapters/github/history.ts';
import type { Terminal } from '../../src/cli/outcome.ts';
import { type FromGitHub, usageFromGitHub } from '../../src/cli/usage-from-github.ts';
import { days, hours, instantOf, minutes, seconds } from '../../src/domain/time.ts';
import { Secret } from '../../src/ports/secret.ts';
import { VirtualClock } from '../../src/sim/clock.ts';
import type { Beliefs } from '../../src/sim/github/beliefs.ts';
import type { NewPersonalToken } from '../../src/sim/github/http/personal-tokens.ts';
import { startSimGithubServer } from '../../src/sim/github/http/server.ts';
import { newShellKeys } from '../../src/sim/github/http/shell.ts';
import { SimGithub } from '../../src/sim/github/sim-github.ts';
import { seededRandom } from '../../src/sim/github/stage.ts';
import type { Conclusion } from '../../src/sim/github/state.ts';
import { workflowOf } from '../../src/sim/github/workflow/workflow-of.ts';
import { noCredentials } from '../support/no-credentials.ts';

const keys = newShellKeys();
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const oneJob = workflowOf('ci', [{ key: 'a', labels: ['ubuntu-latest'] }]);

interface Past {
  repository?: string;
  daysAgo?: number;
  ms?: number;
  conclusion?: Conclusion;
  sender?: string;
}

/** The organisation `acme`, not installed, with a member `ada` and an outsider `eve`. */
async function world(beliefs: Partial<Beliefs> = {}) {
  const clock = new VirtualClock(instantOf(Date.parse('2026-03-15T12:00:00Z')));
  let next: Past = {};
  const github = new SimGithub({
    clock,
    random: seededRandom('usage'),
    beliefs,
    faults: {
      hosted: () => ({
        startMs: 0,
        durationMs: next.ms ?? minutes(2),
        conclusion: next.conclusion ?? 'success',
      }),
    },
  });
  github.createOrganization('acme');
  github.createUser('ada');
  github.createUser('eve');
  github.setMembership({ organization: 'acme', user: 'ada' }, 'active');
  for (const name of ['app', 'site', 'quiet']) github.createRepository({ owner: 'acme', name });
  const server = await startSimGithubServer({ github, keys });
  closing.push(() => server.close());

  /** A run that is over, and was made so many days ago. */
  async function past(it: Past = {}): Promise<void> {
    next = it;
    const run = github.start({
      repository: it.repository ?? 'acme/app',
      workflow: oneJob,
      sender: it.sender ?? 'ada',
    });
    await clock.advance(minutes(60));
    const back = days(it.daysAgo ?? 1) + minutes(60);
    run.createdAt = instantOf(run.createdAt - back);
    for (const job of run.jobs) {
      expect(job.phase).toBe('completed');
      job.createdAt = instantOf(job.createdAt - back);
      job.startedAt = job.startedAt && instantOf(job.startedAt - back);
      job.completedAt = job.completedAt && instantOf(job.completedAt - back);
    }
  }

  const said: string[] = [];
  const waits: number[] = [];
  async function usage(
    query: Partial<FromGitHub> & { owner?: string } = {},
    token: string | NewPersonalToken = { login: 'ada' },
  ) {
    const terminal: Terminal = {
      operator: 'ada@desk',
      say: (text) => void said.push(text),
      pause: async (ms) => {
        waits.push(ms);
        await clock.advance(ms);
      },
      credentials: noCredentials,
      github: async ({ mayWait }) =>
        new TokenHistory({
          apiUrl: server.apiUrl,
          token: new Secret(typeof token === 'string' ? token : server.makePersonalToken(token)),
          userAgent: 'bellows/test',
          clock,
          mayWait,
        }),
    };
    const command = usageFromGitHub({ owner: 'acme', days: 28, wait: true, ...query });
    const outcome = await command({ call: () => Promise.reject(new Error('asked us')) }, terminal);
    return { ok: outcome.ok, text: outcome.ok ? outcome.text : outcome.message, json: outcome.json ?? {} };
  }
  return { clock, github, server, past, usage, said, waits };
}

describe('the report', () => {
  it('counts what ended in those days, by repository and by user', async () => {
    const { past, usage, said } = await world();
    await past({ daysAgo: 1, ms: minutes(10) });
    await past({ daysAgo: 2, ms: minutes(4), conclusion: 'failure', sender: 'bob' });
    await past({ daysAgo: 3, repository: 'acme/site', conclusion: 'cancelled' });
    await past({ daysAgo: 40 });
    const { ok, text, json } = await usage();
    expect(ok).toBe(true);
    expect(json).toMatchObject({
      from: '2026-02-16',
      to: '2026-03-15',
      complete: true,
      runs: 3,
      total: { builds: 3, success: 1, failure: 1, cancelled: 1, minutes: 16, longestMs: minutes(10) },
      repositories: [
        { repository: 'acme/app', tally: { builds: 2, averageMs: minutes(7) } },
        { repository: 'acme/site', tally: { builds: 1 } },
      ],
      users: [
        { user: 'ada', tally: { builds: 2 } },
        { user: 'bob', tally: { builds: 1, failure: 1 } },
      ],
    });
    expect(text).toMatch(/acme\/app +2 +1 +1 +0 +0/);
    expect(said).toContain('acme/site: 1 runs, 1 builds (2 of 3)');
  });

  it('counts every attempt of a run, each for whoever made it', async () => {
    const { github, past, usage, clock } = await world();
    await past({ daysAgo: 0, conclusion: 'failure' });
    const [run] = [...github.world.state.runs.values()];
    if (run === undefined) throw new Error('no run');
    expect(github.rerun(run).ok).toBe(true);
    await clock.advance(minutes(30));
    expect((await usage()).json).toMatchObject({ runs: 1, total: { builds: 2, failure: 2 } });
  });

  it('is of a user too, whose private repositories only the own token shows', async () => {
    const { github, past, usage } = await world();
    github.createRepository({ owner: 'ada', name: 'open', private: false });
    github.createRepository({ owner: 'ada', name: 'diary' });
    await past({ repository: 'ada/open' });
    await past({ repository: 'ada/diary' });
    expect((await usage({ owner: 'Ada' })).json).toMatchObject({ total: { builds: 2 }, notes: [] });
    const { json } = await usage({ owner: 'ada' }, { login: 'eve' });
    expect(json).toMatchObject({
      total: { builds: 1 },
      notes: ['This token sees no private repository of ada. If there are any, they are not counted.'],
    });
  });

  it('reads more runs than GitHub lists for one search, at the pace that it allows', async () => {
    const { past, usage, github, clock, waits } = await world();
    await past({ daysAgo: 9 });
    for (let n = 0; n < 1_005; n++) github.start({ repository: 'acme/app', workflow: oneJob, sender: 'ada' });
    await clock.advance(minutes(60));
    // All of them within two minutes of one day.
    for (const [index, run] of [...github.world.state.runs.values()].slice(1).entries())
      run.createdAt = instantOf(clock.now() - hours(5) + seconds(index % 120));
    const asked: string[] = [];
    github.world.faults.call = (operation) => {
      asked.push(operation);
      return { kind: 'none' };
    };
    expect((await usage()).json).toMatchObject({ runs: 1_006, total: { builds: 1_006 }, complete: true });
    expect(asked.filter((one) => one.endsWith('/actions/runs')).length).toBeGreaterThan(12);
    // Its secondary limit is 900 calls a minute, and no time passes here but by waiting.
    expect(waits.length).toBeGreaterThan(0);
  });
});

describe('what is not seen', () => {
  it('an account that GitHub does not know', async () => {
    const { usage } = await world();
    expect(await usage({ owner: 'nobody' })).toMatchObject({
      ok: false,
      text: 'GitHub knows no account nobody.',
    });
  });

  it('a token that GitHub does not take', async () => {
    const { usage } = await world();
    const { ok, text } = await usage({}, 'ghp_wrong');
    expect(ok).toBe(false);
    expect(text).toMatch(/401 Bad credentials.*mistyped, has run out, or was revoked/);
    expect(text).not.toContain('ghp_wrong');
  });

  it('an organisation without runs', async () => {
    const { usage } = await world();
    expect(await usage()).toMatchObject({
      ok: true,
      text: 'acme built nothing from 2026-02-16 to 2026-03-15.',
    });
  });

  it('private repositories that the token does not show', async () => {
    const { past, usage } = await world();
    await past();
    const { ok, text } = await usage({}, { login: 'ada', repositories: ['acme/app'] });
    expect(ok).toBe(true);
    expect(text).toContain('Not counted: 2 private repositories of acme that this token does not see.');
    expect((await usage({}, { login: 'eve' })).text).toContain(
      'This token sees no private repository of acme.',
    );
  });

  it('runs that the token may not read', async () => {
    const { usage } = await world();
    const { ok, json } = await usage({}, { login: 'ada', lacks: ['actions'] });
    expect(ok).toBe(false);
    expect(json).toMatchObject({ complete: false });
    expect(json.unread).toHaveLength(3);
    expect(JSON.stringify(json)).toContain('Resource not accessible by personal access token');
  });
});

describe('limits and bad connections', () => {
  it('waits until the hourly limit is there again, and says so', async () => {
    const { past, usage, said, waits } = await world({ requestsPerHour: 6 });
    for (let n = 0; n < 4; n++) await past({ daysAgo: 1 });
    const { ok, json } = await usage();
    expect(ok).toBe(true);
    expect(json).toMatchObject({ total: { builds: 4 }, complete: true });
    expect(waits.every((ms) => ms > minutes(55))).toBe(true);
    expect(said.join('\n')).toMatch(/hourly limit of this token is used up; waiting (1 h|59 min)/);
  });

  it('stops at it when told not to wait, with what it had and what is missing', async () => {
    const { past, usage } = await world({ requestsPerHour: 6 });
    for (let n = 0; n < 4; n++) await past({ daysAgo: 1, repository: n < 2 ? 'acme/app' : 'acme/site' });
    const { ok, text, json } = await usage({ wait: false });
    expect(ok).toBe(false);
    expect(json).toMatchObject({
      complete: false,
      total: { builds: 2 },
      unread: [
        { repository: 'acme/site', why: 'not reached' },
        { repository: 'acme/quiet', why: 'not reached' },
      ],
    });
    expect(text).toContain('Stopped before the end: the hourly limit of this token is used up');
  });

  it('slows down when GitHub asks for it', async () => {
    const { github, past, usage, waits } = await world();
    await past();
    let calls = 0;
    github.world.faults.call = () =>
      ++calls === 4 ? { kind: 'refused', status: 429, retryAfterSeconds: 30 } : { kind: 'none' };
    expect((await usage()).json).toMatchObject({ total: { builds: 1 }, complete: true });
    expect(waits).toEqual([seconds(32)]);
  });

  it('asks again when the connection breaks, and stops when it stays broken', async () => {
    const { github, past, usage, waits } = await world();
    await past();
    let calls = 0;
    github.world.faults.call = () => (++calls === 5 ? { kind: 'lost-answer' } : { kind: 'none' });
    expect((await usage()).json).toMatchObject({ total: { builds: 1 }, complete: true });
    expect(waits).toHaveLength(1);
    calls = 0;
    github.world.faults.call = () => (++calls > 5 ? { kind: 'lost-answer' } : { kind: 'none' });
    const { ok, text, json } = await usage();
    expect(ok).toBe(false);
    expect(json).toMatchObject({ total: { builds: 1 }, complete: false });
    expect(text).toContain('Stopped before the end: cannot reach GitHub to list the runs of acme/site');
  });

  it('stops when the token is taken away meanwhile', async () => {
    const { server, github, past, usage } = await world();
    await past();
    const token = server.makePersonalToken({ login: 'ada' });
    let calls = 0;
    github.world.faults.call = () => {
      if (++calls === 6) server.revokePersonalToken(token);
      return { kind: 'none' };
    };
    const { ok, text, json } = await usage({}, token);
    expect(ok).toBe(false);
    expect(text).toContain('401 Bad credentials');
    expect(json).toMatchObject({ total: { builds: 1 }, complete: false });
  });
});
