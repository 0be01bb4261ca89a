import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { admin, type Caller } from '../../domain/access/caller.ts';
import type { RawRequest, RawResponse } from '../../ports/http.ts';
import type { Log } from '../../ports/log.ts';
import { StoreUnavailableError } from '../../ports/store.ts';
import { answered, apiPrefix, refused } from '../../wire/api/endpoint.ts';
import { type ApiHandlers, endpoints } from '../../wire/api/endpoints.ts';
import { webhookPath } from '../../wire/github-webhook.ts';
import { createHttpServer, type HttpServer, type HttpServerDeps } from './server.ts';

const now = '2026-01-01T00:00:00.000Z';
let calls: unknown[];
let deliveries: RawRequest[];
let respond: () => RawResponse;
let logged: string[];
let server: HttpServer;
let base: string;

const log: Log = {
  debug() {},
  info() {},
  warn() {},
  error: (message) => void logged.push(message),
  with: () => log,
};
const ada: Caller = {
  kind: 'person',
  name: 'ada',
  key: 'person 1',
  reach: ['acme'],
  mayOperate: false,
};
const callers: Record<string, Caller> = {
  'Bearer admin': admin,
  'Bearer ada': ada,
  'Bearer stranger': { ...ada, reach: [] },
};
/** Of those that no test here calls. */
const absent = async () => refused(404, 'No such thing', 'There is none.');
const api: ApiHandlers = {
  health: async () => answered({ ok: true }),
  enrol: async (request) => {
    calls.push(request);
    return refused(401, 'Bad enrolment token', 'Make a new one.');
  },
  makeEnrolToken: async ({ body }) => answered({ token: `for ${body.name}`, expiresAt: now }),
  listJobs: async (request, caller) => {
    calls.push({ ...request, by: caller.name });
    return answered({ now, jobs: [] });
  },
  jobEvents: async () => {
    throw new Error('the secret is 42');
  },
  listHosts: async () => {
    throw new StoreUnavailableError('no');
  },
  getJob: async () => refused(404, 'No such job', 'There is none.'),
  getVm: async () => refused(404, 'No such VM', 'There is none.'),
  getHost: async () => refused(404, 'No such host', 'There is none.'),
  orderHost: async () => refused(404, 'No such host', 'There is none.'),
  hostLog: async ({ params }) => answered({ host: params.host, lines: [] }),
  hostEvents: async ({ params }) => answered({ host: params.host, events: [] }),
  listVms: async () => answered({ now, vms: [], debug: 'not in the schema' }),
  vmLog: async ({ params, query }) => answered({ vm: params.vm, lines: [`${query.lines}`] }),
  listRepairs: async () => answered({ now, counts: {}, repairs: [] }),
  repairNow: async () => answered({ mended: [], failed: [] }),
  listAlerts: async () => answered({ now, senders: [], alerts: [], waiting: 0, givenUp: 0 }),
  testAlerts: async () => refused(409, 'No sender', 'None.'),
  listIncidents: async () =>
    answered({ now, verdict: { side: 'nobody', owners: [], words: '' }, incidents: [] }),
  getIncident: async () => refused(404, 'No such incident', 'There is none.'),
  phaseFigures: async () => answered({ now, figures: [] }),
  checkGithub: async () => answered({ findings: [] }),
  makeToken: async () => refused(403, 'No', 'No.'),
  listTokens: async () => answered({ now, tokens: [] }),
  revokeToken: async ({ params }) => answered({ id: params.token, revokedAt: now }),
  listAudit: async () => answered({ now, lines: [] }),
  today: absent,
  insights: absent,
  insightsDaily: absent,
  recount: absent,
  usage: absent,
  increases: absent,
  jobRuns: absent,
  me: async (_request, { name }) => answered({ kind: 'person', name, accounts: [], mayOperate: false }),
  signOut: async () => answered({ ok: true }),
  signInWays: async () => answered({ device: false }),
  startDeviceSignIn: async () => refused(404, 'Nobody signs in here', 'No.'),
  pollDeviceSignIn: async () => refused(404, 'Nobody signs in here', 'No.'),
  advise: absent,
};
let trail: unknown[];
const audit: HttpServerDeps['audit'] = {
  begin: async (call) => trail.push(call),
  finish: async (number, status) => void trail.push([number, status]),
};

beforeEach(async () => {
  calls = [];
  deliveries = [];
  trail = [];
  logged = [];
  respond = () => ({ status: 202, text: 'Stored.' });
  server = await createHttpServer({
    webhook: async (request) => {
      deliveries.push(request);
      return respond();
    },
    api,
    audit,
    identify: async ({ authorization, cookie }) => {
      if (authorization !== undefined) return callers[authorization];
      if (cookie?.session !== 'ada') return undefined;
      return cookie.changesThings && cookie.csrfToken !== 'right' ? 'no-csrf-token' : ada;
    },
    log,
    options: { callsPerMinute: 40 },
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${port}`;
});
afterEach(() => server.close());

const asAdmin = (path: string, init: RequestInit = {}) =>
  fetch(`${base}${apiPrefix}${path}`, {
    ...init,
    headers: { authorization: 'Bearer admin', ...init.headers },
  });
const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const deliver = (body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}) =>
  fetch(`${base}${webhookPath}`, { method: 'POST', body, headers });

describe('the webhook route', () => {
  it.each(['application/json', 'application/x-www-form-urlencoded', 'text/plain', ''])(
    'hands on the raw bytes, whatever they call themselves: %s',
    async (type) => {
      const bytes = Uint8Array.of(0x7b, 0xff, 0x00, 0x20);
      const response = await deliver(new Blob([bytes]), type === '' ? {} : { 'content-type': type });
      expect([response.status, await response.text()]).toEqual([202, 'Stored.\n']);
      expect(new Uint8Array(deliveries[0]?.body ?? [])).toEqual(bytes);
    },
  );

  it('hands on an empty body', async () => {
    expect((await deliver(new Uint8Array())).status).toBe(202);
    expect(deliveries[0]?.body).toHaveLength(0);
  });

  it('joins a header that came twice, so that no signature hides behind another', async () => {
    const { port } = new URL(base);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(
      `POST ${webhookPath} HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: a\r\nX-Hub-Signature-256: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
    await once(socket.resume(), 'close');
    expect(deliveries[0]?.headers['x-hub-signature-256']).toBe('a, b');
  });

  it('takes 25 MiB and turns away more, unread', async () => {
    expect((await deliver(new Uint8Array(25 * 1024 * 1024))).status).toBe(202);
    expect((await deliver(new Uint8Array(25 * 1024 * 1024 + 1))).status).toBe(413);
    expect(deliveries).toHaveLength(1);
  });

  it('passes on status and headers of the answer', async () => {
    respond = () => ({ status: 503, headers: { 'retry-after': '10' }, text: 'Later.' });
    const response = await deliver('{}');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '10']);
  });

  it('answers 500 and tells nothing when something is broken', async () => {
    respond = () => {
      throw new Error('the secret is 42');
    };
    const response = await deliver('{}');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('42');
    expect(logged).toEqual(['webhook request failed']);
  });

  it('knows no rate limit', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => deliver('{}')));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([202]));
  });

  it('is for POST only', async () => {
    expect((await fetch(`${base}${webhookPath}`)).status).toBe(404);
  });
});

describe('our API', () => {
  it('gives handlers what the schema makes of a request: numbers, defaults', async () => {
    const response = await asAdmin('/jobs?state=queued&run=7');
    expect([response.status, await response.json()]).toEqual([200, { now, jobs: [] }]);
    expect(calls).toMatchObject([{ query: { state: ['queued'], run: 7, limit: 50 } }]);
    expect(await (await asAdmin('/vms/vm-1/log?lines=3')).json()).toEqual({ vm: 'vm-1', lines: ['3'] });
    expect(await (await asAdmin('/enrol-tokens', post({ name: 'a' }))).json()).toMatchObject({
      token: 'for a',
    });
    expect((await asAdmin('/check/github', { method: 'POST' })).status).toBe(200);
  });

  it('gives out only what the schema names', async () => {
    expect(await (await asAdmin('/vms')).json()).toEqual({ now, vms: [] });
  });

  it.each([
    ['an unknown parameter', '/jobs?sate=queued', 'sate'],
    ['a wrong value', '/jobs?state=asleep', 'state'],
    ['a limit beyond the limit', '/jobs?limit=501', 'limit'],
    ['a job that is no number', '/jobs/one/events', 'job'],
  ])('tells of %s', async (_what, path, word) => {
    const response = await asAdmin(path);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({
      status: 400,
      title: 'Bad request',
      detail: expect.stringContaining(word),
    });
  });

  it.each([
    ['malformed JSON', { ...post({}), body: '{"name":' }, 400],
    ['another type', { ...post({}), headers: { 'content-type': 'text/csv' } }, 415],
    ['an unknown field', post({ nmae: 'a' }), 400],
    ['too much', post({ name: 'x'.repeat(300_000) }), 413],
  ])('refuses a body of %s', async (_what, init, status) => {
    expect((await asAdmin('/enrol-tokens', init)).status).toBe(status);
  });

  it('passes on a refusal as a problem', async () => {
    const body = { token: 'x'.repeat(30), name: 'h', signingKey: {}, sealingKey: {} };
    const response = await fetch(`${base}${apiPrefix}/enrol`, post(body));
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      status: 401,
      title: 'Bad enrolment token',
      detail: 'Make a new one.',
    });
  });

  it('asks for a token, but where people and hosts come in, and for health', async () => {
    for (const endpoint of Object.values(endpoints)) {
      const path = endpoint.path.replace(':job', '1').replace(':vm', 'vm-1');
      const init = endpoint.method === 'POST' ? post({}) : { method: endpoint.method };
      const { status } = await fetch(`${base}${apiPrefix}${path}`, init);
      const open = {
        '/health': 200,
        '/enrol': 400,
        '/sign-in-ways': 200,
        '/device-sign-in': 404,
        '/device-sign-in/poll': 400,
      };
      expect([path, status]).toEqual([path, open[path as keyof typeof open] ?? 401]);
    }
    const wrong = await fetch(`${base}${apiPrefix}/jobs`, { headers: { authorization: 'Bearer guess' } });
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(calls).toEqual([]);
  });

  it.each([
    ['ada', '/jobs', 200],
    ['ada', '/hosts/rack/events', 403],
    ['stranger', '/jobs', 403],
    ['stranger', '/health', 200],
  ])('lets %s do at %s what the rule there lets them do: %i', async (name, path, status) => {
    const headers = { authorization: `Bearer ${name}` };
    expect((await fetch(`${base}${apiPrefix}${path}`, { headers })).status).toBe(status);
  });

  it('tells the handler who asks', async () => {
    await fetch(`${base}${apiPrefix}/jobs`, { headers: { authorization: 'Bearer ada' } });
    expect(calls).toMatchObject([{ by: 'ada' }]);
  });

  it('takes a session from a cookie, and changes by it only with the CSRF token', async () => {
    const headers = { cookie: 'bellows_session=ada' };
    const revoke = (more: Record<string, string> = {}) =>
      fetch(`${base}${apiPrefix}/tokens/t1`, { method: 'DELETE', headers: { ...headers, ...more } });
    expect((await fetch(`${base}${apiPrefix}/jobs`, { headers })).status).toBe(200);
    expect(await (await revoke()).json()).toMatchObject({ status: 403, title: 'No CSRF token' });
    expect((await revoke({ 'x-csrf-token': 'wrong' })).status).toBe(403);
    expect((await revoke({ 'x-csrf-token': 'right' })).status).toBe(200);
    expect(trail).toMatchObject([
      { by: 'ada', action: 'revokeToken', asked: { params: { token: 't1' } } },
      [1, 200],
    ]);
    const stale = { cookie: 'bellows_session=eve' };
    expect((await fetch(`${base}${apiPrefix}/jobs`, { headers: stale })).status).toBe(401);
  });

  it('writes each change before it runs, and how it went; also one that is refused', async () => {
    await asAdmin('/jobs');
    expect(trail).toEqual([]);
    await asAdmin('/hosts/rack/order', post({ order: 'drain', by: 'ada' }));
    const asked = { params: { host: 'rack' }, body: { order: 'drain', by: 'ada' } };
    expect(trail).toMatchObject([
      { by: 'the admin token', from: '127.0.0.1', action: 'orderHost', asked },
      [1, 404],
    ]);
    trail = [];
    await fetch(`${base}${apiPrefix}/enrol-tokens`, {
      ...post({ name: 'a' }),
      headers: { authorization: 'Bearer ada' },
    });
    expect(trail).toMatchObject([{ by: 'ada', action: 'makeEnrolToken' }, [1, 403]]);
  });

  it('runs nothing that could not be written', async () => {
    audit.begin = async () => {
      throw new StoreUnavailableError('no');
    };
    expect((await asAdmin('/enrol-tokens', post({ name: 'a' }))).status).toBe(503);
  });

  it('says what is broken in the log only', async () => {
    const broken = await asAdmin('/jobs/1/events');
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('42');
    expect((await asAdmin('/hosts')).status).toBe(503);
    expect(logged).toEqual(['request failed', 'request failed']);
  });

  it('answers what is not there as a problem', async () => {
    const response = await asAdmin('/teapots');
    expect(await response.json()).toMatchObject({ status: 404, title: 'Nothing here' });
  });

  it('slows down who asks too much', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 45; i++) statuses.push((await asAdmin('/jobs')).status);
    expect(statuses.slice(0, 40).every((status) => status === 200)).toBe(true);
    expect(statuses.at(-1)).toBe(429);
    // Others are not slowed down with them.
    expect(
      (await fetch(`${base}${apiPrefix}/jobs`, { headers: { authorization: 'Bearer ada' } })).status,
    ).toBe(200);
  });

  it('lets nobody guess for long', async () => {
    const guess = () => fetch(`${base}${apiPrefix}/jobs`, { headers: { authorization: 'Bearer guess' } });
    const statuses: number[] = [];
    for (let i = 0; i < 62; i++) statuses.push((await guess()).status);
    expect(statuses.slice(0, 60).every((status) => status === 401)).toBe(true);
    expect(statuses.at(-1)).toBe(429);
    expect((await asAdmin('/jobs')).status).toBe(200);
  });

  it('describes itself by the same table', async () => {
    const { openapi, paths } = z
      .object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) })
      .parse(await (await asAdmin('/openapi.json')).json());
    expect(openapi).toBe('3.1.0');
    const described = Object.keys(paths).sort();
    const wanted = Object.values(endpoints).map(({ path }) => apiPrefix + path.replace(/:(\w+)/g, '{$1}'));
    expect(described).toEqual([...new Set(wanted)].sort());
  });
});

it('closes without waiting for a connection on which nothing was sent', async () => {
  const accepted = once(server.server, 'connection');
  const socket = connect(Number(new URL(base).port), '127.0.0.1');
  const gone = once(socket.resume(), 'close');
  await accepted;
  await server.close();
  await gone;
});
