// Who signs in is known only when they have, so that is written after and not before.

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Log } from '../../ports/log.ts';
import { Secret } from '../../ports/secret.ts';
import { answered, apiPrefix } from '../../wire/api/endpoint.ts';
import type { AnswerOf, ApiHandlers } from '../../wire/api/endpoints.ts';
import { createHttpServer, type HttpServer } from './server.ts';

const log: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };
const inAWeek = Date.UTC(2026, 0, 8);

let server: HttpServer;
let base: string;
let trail: unknown[];
let polled: AnswerOf<'pollDeviceSignIn'>;

beforeEach(async () => {
  trail = [];
  server = await createHttpServer({
    webhook: async () => ({ status: 202, text: '' }),
    api: { pollDeviceSignIn: async () => answered(polled) } as never as ApiHandlers,
    identify: async () => undefined,
    audit: {
      begin: async (call) => trail.push(call),
      finish: async (number, status) => void trail.push([number, status]),
    },
    signIn: {
      leave: () => ({ location: '/', flight: '' }),
      arrive: async ({ code }) =>
        code === 'good'
          ? { ok: true, session: { id: new Secret('s3cret'), login: 'ada', expiresAt: inAWeek }, next: '/' }
          : { ok: false, why: 'No.' },
      flightMs: 1_000,
    },
    log,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${port}`;
});
afterEach(() => server.close());

const signedIn = [{ by: 'ada', from: '127.0.0.1', action: 'signIn' }, [1, 200]];

it('writes that somebody has signed in by a browser, and not that somebody has not', async () => {
  const arrive = (code: string) => fetch(`${base}/sign-in/callback?code=${code}`, { redirect: 'manual' });
  expect((await arrive('bad')).status).toBe(400);
  expect(trail).toEqual([]);
  expect((await arrive('good')).status).toBe(302);
  expect(trail).toMatchObject(signedIn);
  expect(JSON.stringify(trail)).not.toContain('s3cret');
});

it('writes that somebody has signed in by a device, once they have', async () => {
  const poll = () =>
    fetch(`${base}${apiPrefix}/device-sign-in/poll`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ deviceCode: 'c0de' }),
    });
  polled = { state: 'pending' };
  expect((await poll()).status).toBe(200);
  expect(trail).toEqual([]);
  polled = {
    state: 'signed-in',
    session: 's3cret',
    login: 'ada',
    expiresAt: new Date(inAWeek).toISOString(),
  };
  expect((await poll()).status).toBe(200);
  expect(trail).toMatchObject(signedIn);
  expect(JSON.stringify(trail)).not.toContain('s3cret');
});
