// People sign in with the simulated GitHub at a whole control plane on PostgreSQL, and see what is theirs.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { FetchApiClient } from '../../src/adapters/api-client/fetch-api-client.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { login } from '../../src/cli/login.ts';
import { Secret } from '../../src/ports/secret.ts';
import { apiPrefix } from '../../src/wire/api/endpoint.ts';
import { acme, globex, job } from '../contract/store/things.ts';
import { Browser, decide, locationOf } from '../support/browser.ts';
import { noGitHub } from '../support/no-credentials.ts';
import { startWholeServer, type WholeServer } from '../support/whole-server.ts';

let server: WholeServer;
let url: string;

beforeAll(async () => {
  server = await startWholeServer(['acme', 'globex'], ({ app }) => ({
    oauth: { clientId: app.clientId, clientSecret: new Secret(app.clientSecret) },
    operators: ['acme/platform'],
  }));
  const { github, site, running } = server;
  for (const user of ['ada', 'bob', 'eve', 'olga']) github.createUser(user);
  github.setMembership({ organization: 'acme', user: 'ada' }, 'active');
  github.setMembership({ organization: 'globex', user: 'bob' }, 'active');
  github.setMembership({ organization: 'acme', user: 'eve' }, 'pending');
  github.setMembership({ organization: 'acme', user: 'olga' }, 'active');
  github.createTeam({ organization: 'acme', slug: 'platform', members: ['olga'] });
  url = running.url;
  site.setCallbackUrl(`${url}/sign-in/callback`);
  await running.store.transaction(async (tx) => {
    await tx.jobs.insert(job(990_001, { scope: acme, name: 'of acme' }));
    await tx.jobs.insert(job(990_002, { scope: globex, name: 'of globex' }));
  });
});
afterAll(() => server.close());

const api = (path: string): string => `${url}${apiPrefix}${path}`;
const json = async (response: Response): Promise<Record<string, never>> =>
  (await response.json()) as Record<string, never>;

async function signIn(browser: Browser, user: string, next = '/'): Promise<Response> {
  const away = await browser.go(`${url}/sign-in?next=${encodeURIComponent(next)}`);
  return browser.go(locationOf(await decide(browser, locationOf(away), user)));
}
const jobsSeenBy = async (browser: Browser): Promise<string[]> => {
  const { jobs } = (await (await browser.go(api('/jobs'))).json()) as { jobs: { name: string }[] };
  return jobs.map(({ name }) => name);
};

it('lets a member see the work of their organisation, and nobody else’s', async () => {
  const [ada, bob] = [new Browser(), new Browser()];
  expect(locationOf(await signIn(ada, 'ada', '/jobs?state=queued'))).toBe(`${url}/jobs?state=queued`);
  await signIn(bob, 'bob');
  expect(await json(await ada.go(api('/me')))).toMatchObject({
    kind: 'person',
    name: 'ada',
    accounts: ['acme'],
    mayOperate: false,
  });
  expect(await jobsSeenBy(ada)).toEqual(['of acme']);
  expect(await jobsSeenBy(bob)).toEqual(['of globex']);
  expect((await ada.go(api('/jobs/990002/events'))).status).toBe(404);
  expect((await ada.go(api('/audit'))).status).toBe(403);
});

it('shows nothing to somebody who is only invited', async () => {
  const eve = new Browser();
  await signIn(eve, 'eve');
  expect(await json(await eve.go(api('/me')))).toMatchObject({ name: 'eve', accounts: [] });
  expect((await eve.go(api('/jobs'))).status).toBe(403);
});

it('keeps the session in a cookie that no script reads, and ends it when told', async () => {
  const ada = new Browser();
  const arrived = await signIn(ada, 'ada');
  const set = arrived.headers.getSetCookie().find((line) => line.startsWith('bellows_session='));
  expect(set).toMatch(/HttpOnly/);
  expect(set).toMatch(/SameSite=Lax/);
  const { csrfToken } = await json(await ada.go(api('/me')));
  const signOut = (headers: Record<string, string>) => ada.go(api('/sign-out'), { method: 'POST', headers });
  expect((await signOut({})).status).toBe(403);
  const copy = ada.cookie(url, 'bellows_session') ?? '';
  expect((await signOut({ 'x-csrf-token': csrfToken ?? '' })).status).toBe(200);
  const headers = { cookie: `bellows_session=${copy}` };
  expect((await fetch(api('/me'), { headers })).status).toBe(401);
});

it('takes no sign-in that another browser began, none that was refused, and no code twice', async () => {
  const [ada, eve] = [new Browser(), new Browser()];
  const away = locationOf(await ada.go(`${url}/sign-in`));
  const back = locationOf(await decide(ada, away, 'ada'));
  const elsewhere = await eve.go(back);
  expect([elsewhere.status, await elsewhere.text()]).toEqual([
    400,
    expect.stringContaining('not begun in this'),
  ]);
  expect(eve.cookie(url, 'bellows_session')).toBeUndefined();

  const copied = { cookie: `bellows_sign_in=${ada.cookie(url, 'bellows_sign_in')}` };
  expect((await ada.go(back)).status).toBe(302);
  expect((await fetch(back, { headers: copied, redirect: 'manual' })).status).toBe(400);

  const refused = locationOf(await decide(eve, locationOf(await eve.go(`${url}/sign-in`)), undefined));
  expect((await eve.go(refused)).status).toBe(400);
});

it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/a\nb', 'jobs'])(
  'sends nobody on to %s',
  async (next) => {
    expect(locationOf(await signIn(new Browser(), 'ada', next))).toBe(`${url}/`);
  },
);

it('lets the team of operators do everything, and writes down what they do', async () => {
  const olga = new Browser();
  await signIn(olga, 'olga');
  const me = await json(await olga.go(api('/me')));
  expect(me).toMatchObject({ accounts: 'all', mayOperate: true });
  expect((await jobsSeenBy(olga)).toSorted()).toEqual(['of acme', 'of globex']);
  const made = await olga.go(api('/enrol-tokens'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-csrf-token': me.csrfToken ?? '' },
    body: JSON.stringify({ name: 'rack' }),
  });
  expect(made.status).toBe(200);
  const { lines } = (await (await olga.go(api('/audit?by=olga'))).json()) as { lines: unknown[] };
  expect(lines).toMatchObject([
    { by: 'olga', from: '127.0.0.1', action: 'makeEnrolToken', status: 200, data: { name: 'rack' } },
    { by: 'olga', from: '127.0.0.1', action: 'signIn', status: 200 },
  ]);
});

it('signs in a command line by a code, which then makes a token for a program', async () => {
  const kept: string[] = [];
  const anonymous = new FetchApiClient({ url, token: async () => new Secret('none') });
  const outcome = await login()(anonymous, {
    operator: 'ada@desk',
    say(text) {
      const [, page = '', code = ''] = /Open (\S+) and enter the code (\S+)/.exec(text) ?? [];
      void fetch(page, { method: 'POST', body: new URLSearchParams({ user_code: code, login: 'ada' }) });
    },
    pause: (ms) => new SystemClock().sleep(ms),
    credentials: {
      keep: async (session) => `file ${kept.push(session)}`,
      client: async () => undefined,
      forget: async () => {},
    },
    github: noGitHub,
  });
  expect(outcome).toMatchObject({ ok: true, json: { login: 'ada' } });
  const session = new FetchApiClient({ url, token: async () => new Secret(kept[0] ?? '') });
  const refused = await session.call('makeToken', { body: { name: 'ci', scopes: ['operate'] } });
  expect(refused).toMatchObject({ ok: false, problem: { status: 403 } });
  const made = await session.call('makeToken', { body: { name: 'ci' } });
  if (!made.ok) throw new Error(made.problem.detail);
  const program = new FetchApiClient({ url, token: async () => new Secret(made.value.token) });
  expect(await program.call('listJobs')).toMatchObject({ value: { jobs: [{ name: 'of acme' }] } });
  expect(await session.call('revokeToken', { params: { token: made.value.id } })).toMatchObject({ ok: true });
  expect(await program.call('listJobs')).toMatchObject({ ok: false, problem: { status: 401 } });
});

it('still knows people after a restart, and keeps no token of theirs readable', async () => {
  const ada = new Browser();
  await signIn(ada, 'ada');
  await server.restart();
  expect(server.running.url).toBe(url);
  expect(await jobsSeenBy(ada)).toEqual(['of acme']);
  const person = await server.running.store.transaction((tx) =>
    tx.people.get(server.github.world.state.accounts.get('ada')?.id ?? 0),
  );
  expect(person?.sealedToken).toBeDefined();
  expect(JSON.stringify(person)).not.toContain('ghu_');
});
