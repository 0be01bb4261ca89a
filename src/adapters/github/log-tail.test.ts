// How the end of a log is fetched from a store that is not GitHub's API: without our token, and no more than the end is kept.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { installationId, jobId } from '../../domain/ids.ts';
import { GitHubError } from '../../ports/github.ts';
import { logTail } from './log-tail.ts';
import type { Call, Rest } from './rest.ts';

let server: Server;
let url: string;
let heard: { range: string | undefined; authorization: string | undefined }[];
let respond: (range: string | undefined) => { status: number; body: string };

beforeEach(async () => {
  heard = [];
  respond = () => ({ status: 500, body: '' });
  server = createServer(({ headers }, response) => {
    heard.push({ range: headers.range, authorization: headers.authorization });
    const { status, body } = respond(headers.range);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log?sig=s3cret`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const job = { id: jobId(9), installationId: installationId(5), repository: 'acme/app' };
function tail(bytes = 100) {
  const calls: Omit<Call, 'redirected'>[] = [];
  const rest = {
    async locate(call: Omit<Call, 'redirected'>) {
      calls.push(call);
      return url;
    },
  } as Partial<Rest> as Rest;
  return { calls, told: logTail(rest, job, bytes, 0.1) };
}
const line = (n: number) => `2026-03-01T10:00:00.${String(n).padStart(7, '0')}Z line ${n}\n`;

it('asks for the end alone, without our token, within a budget', async () => {
  respond = () => ({ status: 206, body: `cut off\n${line(1)}` });
  const { calls, told } = tail();
  expect(await told).toEqual(['line 1']);
  expect(heard).toEqual([{ range: 'bytes=-100', authorization: undefined }]);
  expect(calls).toMatchObject([
    {
      route: 'GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs',
      params: { owner: 'acme', repo: 'app', job_id: 9 },
      keep: 0.1,
      windows: [{ bucket: 'logs:5' }],
    },
  ]);
});

it('keeps the end of a log that comes as a whole', async () => {
  respond = () => ({ status: 200, body: Array.from({ length: 50_000 }, (_, n) => line(n)).join('') });
  expect(await tail(100).told).toEqual(['line 49998', 'line 49999']);
});

it('tells an empty log from none, and a broken store from both', async () => {
  respond = () => ({ status: 416, body: '' });
  expect(await tail().told).toEqual([]);
  respond = () => ({ status: 404, body: '' });
  expect(await tail().told).toBe('missing');
  respond = () => ({ status: 503, body: '' });
  const error: unknown = await tail().told.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(GitHubError);
  expect(error).toMatchObject({ kind: 'unavailable', message: expect.not.stringContaining('s3cret') });
});
