import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CannedServer, startCannedServer } from '../../../test/support/canned-server.ts';
import { Secret } from '../../ports/secret.ts';
import { ApiUnreachableError } from '../../wire/api/endpoints.ts';
import { FetchApiClient } from './fetch-api-client.ts';

const prefix = '/api/bellows/v1';
const now = '2026-01-01T00:00:00.000Z';
let server: CannedServer;
beforeEach(async () => {
  server = await startCannedServer(() => ({ status: 404, body: { oops: true } }));
});
afterEach(() => server.close());

const client = (options: { url?: string; timeoutMs?: number } = {}) =>
  new FetchApiClient({ url: server.url, token: async () => new Secret('t0ken'), ...options });

describe('our API from the other side', () => {
  it('asks with path, query and token, and gives the answer', async () => {
    server.canned[`GET ${prefix}/vms/a%2Fb/log`] = { body: { vm: 'a/b', lines: ['x'], later: 'unknown' } };
    const answer = await client().call('vmLog', { params: { vm: 'a/b' }, query: { lines: 3 } });
    expect(answer).toEqual({ ok: true, value: { vm: 'a/b', lines: ['x'] } });
    expect(server.heard[0]).toMatchObject({
      line: `GET ${prefix}/vms/a%2Fb/log?lines=3`,
      headers: { authorization: 'Bearer t0ken' },
    });
  });

  it('sends a body as JSON', async () => {
    server.canned[`POST ${prefix}/enrol-tokens`] = { body: { token: 't', expiresAt: now } };
    await client().call('makeEnrolToken', { body: { name: 'rack' } });
    expect(server.heard[0]?.body).toEqual({ name: 'rack' });
  });

  it('shows its token only where one is asked for', async () => {
    server.canned[`GET ${prefix}/health`] = { body: { ok: true } };
    expect(await client().call('health')).toEqual({ ok: true, value: { ok: true } });
    expect(server.heard[0]?.headers.authorization).toBeUndefined();
  });

  it('leaves out what is not set', async () => {
    server.canned[`GET ${prefix}/jobs`] = { body: { now, jobs: [] } };
    await client().call('listJobs', { query: { owner: undefined, state: 'queued' } });
    expect(server.heard[0]?.line).toBe(`GET ${prefix}/jobs?state=queued`);
  });

  it('passes on a problem', async () => {
    const problem = { status: 401, title: 'No', detail: 'Send the token.' };
    server.canned[`GET ${prefix}/hosts`] = { status: 401, body: problem };
    expect(await client().call('listHosts')).toEqual({ ok: false, problem });
  });

  it.each([
    ['another kind of page', { status: 200, body: { hello: 1 } }],
    ['nothing', { status: 502 }],
    ['an error that is not ours', { status: 500, body: { error: 'x' } }],
  ])('tells when it meets %s', async (_what, answer) => {
    server.canned[`GET ${prefix}/hosts`] = answer;
    expect(await client().call('listHosts')).toMatchObject({
      ok: false,
      problem: { detail: expect.stringContaining('Is BELLOWS_URL right?') },
    });
  });

  it('says what to do when nobody is there', async () => {
    const error: unknown = await client({ url: 'http://127.0.0.1:2' })
      .call('listHosts')
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiUnreachableError);
    expect(error).toHaveProperty(
      'message',
      'cannot reach the control plane at http://127.0.0.1:2 (connection refused): start it with `bellows server`, or set BELLOWS_URL',
    );
  });

  it('gives up after its time', async () => {
    server.canned[`GET ${prefix}/hosts`] = 'silence';
    await expect(client({ timeoutMs: 100 }).call('listHosts')).rejects.toThrow('(no answer)');
  });
});
