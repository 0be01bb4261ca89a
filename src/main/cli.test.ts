import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CannedServer, startCannedServer } from '../../test/support/canned-server.ts';

const jobs = 'GET /api/bellows/v1/jobs';
const empty = { now: '2026-01-01T00:00:00.000Z', jobs: [] };
let server: CannedServer;
let folder: string;
beforeEach(async () => {
  server = await startCannedServer(() => ({ status: 404 }));
  folder = await mkdtemp(join(tmpdir(), 'bellows-cli-'));
  await writeFile(join(folder, 'token'), 't0ken\n');
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function bellows(args: string[], env: Record<string, string> = {}) {
  const settings = { BELLOWS_URL: server.url, BELLOWS_TOKEN_FILE: join(folder, 'token'), ...env };
  return new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
    const options = { env: { ...process.env, ...settings } };
    execFile(process.execPath, [join(import.meta.dirname, 'cli.ts'), ...args], options, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    );
  });
}

describe('the command line', () => {
  it('prints for people', async () => {
    server.canned[jobs] = { body: empty };
    expect(await bellows(['jobs'])).toEqual({ code: 0, out: 'No jobs.\n', err: '' });
    expect(server.heard[0]?.headers.authorization).toBe('Bearer t0ken');
  });

  it('prints one JSON object for programs', async () => {
    server.canned[jobs] = { body: empty };
    const { code, out } = await bellows(['jobs', '--json']);
    expect([code, JSON.parse(out)]).toEqual([0, { ok: true, ...empty }]);
  });

  it('ends with 1 and says what to do when it is refused', async () => {
    server.canned[jobs] = { status: 401, body: { status: 401, title: 'No', detail: 'Send the token.' } };
    expect(await bellows(['jobs'])).toEqual({ code: 1, out: '', err: 'Send the token.\n' });
    const { code, out } = await bellows(['jobs', '--json']);
    expect([code, JSON.parse(out)]).toEqual([1, { ok: false, message: 'Send the token.' }]);
  });

  it.each([
    [{ BELLOWS_URL: 'http://127.0.0.1:1' }, 'start it with `bellows server`, or set BELLOWS_URL'],
    [{ BELLOWS_URL: 'localhost' }, 'BELLOWS_URL: "localhost" is not an address'],
    [{ BELLOWS_TOKEN_FILE: '/none' }, 'no admin token: there is no file /none'],
  ])('says what is wrong with %o', async (env, words) => {
    const { code, err } = await bellows(['jobs'], env);
    expect([code, err]).toEqual([1, expect.stringContaining(words)]);
    expect(err).not.toContain('    at ');
  });

  it('tells its version, and helps who mistypes', async () => {
    expect((await bellows(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { code, err } = await bellows(['jbos']);
    expect([code, err]).toEqual([1, expect.stringContaining('Did you mean jobs?')]);
  });
});
