// The gate before Actuated's paths is the one before our own API: the same limits, and the same book of what was done.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { admin, type Caller } from '../../domain/access/caller.ts';
import type { Log } from '../../ports/log.ts';
import { answered } from '../../wire/api/endpoint.ts';
import type { ApiHandlers } from '../../wire/api/endpoints.ts';
import { type V1Handlers, v1Endpoints, v1Prefix } from '../../wire/api-v1/endpoints.ts';
import { createHttpServer, type HttpServer } from './server.ts';

const ada: Caller = { kind: 'person', name: 'ada', key: 'ada', reach: ['acme'], mayOperate: false };
const callers: Readonly<Record<string, Caller>> = { 'Bearer admin': admin, 'Bearer ada': ada };
const v1 = Object.fromEntries(
  Object.keys(v1Endpoints).map((name) => [name, async () => answered({ json: {} })]),
) as unknown as V1Handlers;

const log: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };

let server: HttpServer;
let base: string;
let trail: unknown[];

beforeEach(async () => {
  trail = [];
  server = await createHttpServer({
    webhook: async () => ({ status: 202, text: '' }),
    api: {} as ApiHandlers,
    v1,
    identify: async ({ authorization, cookie }) => (cookie ? admin : callers[authorization ?? '']),
    audit: {
      begin: async (call) => trail.push(call),
      finish: async (number, status) => void trail.push([number, status]),
    },
    log,
    options: { callsPerMinute: 70 },
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${port}${v1Prefix}`;
});
afterEach(() => server.close());

const ask = (path: string, headers: Record<string, string> = {}) => fetch(`${base}${path}`, { headers });
const as = (who: string) => ({ authorization: `Bearer ${who}` });
/** How many of so many calls at once got each status. */
async function answersTo(calls: number, who: string): Promise<Record<number, number>> {
  const statuses = await Promise.all(
    Array.from({ length: calls }, async () => (await ask('/runners', as(who))).status),
  );
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
const disable = '/disable?owner=acme&host=rack';

it('counts wrong tokens by address, and not those who have a good one', async () => {
  expect(await answersTo(65, 'guess')).toEqual({ 401: 60, 429: 5 });
  expect((await ask('/runners', as('ada'))).status).toBe(200);
});

it('counts who is known by who they are', async () => {
  expect(await answersTo(71, 'ada')).toEqual({ 200: 70, 429: 1 });
  expect((await ask('/runners', as('admin'))).status).toBe(200);
});

it('writes what operators do, and who wanted to though they may not', async () => {
  await ask('/runners', as('admin'));
  expect(trail).toEqual([]);
  await ask(disable, as('admin'));
  expect(trail).toMatchObject([{ by: 'the admin token', action: 'v1 disable' }, [1, 200]]);
  trail = [];
  expect((await ask(disable, as('ada'))).status).toBe(403);
  expect(trail).toMatchObject([{ by: 'ada', action: 'v1 disable' }, [1, 403]]);
});

it('looks at no cookie, since a link is enough to follow one of these paths', async () => {
  expect((await ask(disable, { cookie: 'bellows_session=operator', 'x-csrf-token': 'right' })).status).toBe(
    401,
  );
  expect(trail).toEqual([]);
});

it('refuses in text who does not ask for JSON', async () => {
  const inText = await ask('/runners');
  expect([inText.headers.get('www-authenticate'), inText.headers.get('content-type')]).toEqual([
    'Bearer',
    'text/plain; charset=utf-8',
  ]);
  expect(await inText.text()).toContain('No or wrong token: ');
});
