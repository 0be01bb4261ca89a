import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
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
  const settings = {
    XDG_CONFIG_HOME: folder,
    BELLOWS_URL: server.url,
    BELLOWS_TOKEN_FILE: join(folder, 'token'),
    ...env,
  };
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

  it('signs in by a code, calls with the session from then on, and signs out', async () => {
    const begun = {
      deviceCode: 'd',
      userCode: 'AB-CD',
      url: 'https://x/device',
      intervalSeconds: 0.01,
      expiresInSeconds: 9,
    };
    const expiresAt = '2027-01-01T00:00:00.000Z';
    server.canned['POST /api/bellows/v1/device-sign-in'] = { body: begun };
    server.canned['POST /api/bellows/v1/device-sign-in/poll'] = {
      body: { state: 'signed-in', session: 's3ssion', login: 'ada', expiresAt },
    };
    server.canned[jobs] = { body: empty };
    server.canned['POST /api/bellows/v1/sign-out'] = { body: { ok: true } };
    const noToken = { BELLOWS_TOKEN_FILE: '' };
    const { code, out, err } = await bellows(['login'], noToken);
    expect([code, err]).toEqual([0, 'Open https://x/device and enter the code AB-CD\n']);
    expect(out).not.toContain('s3ssion');
    const file = join(folder, 'bellows', 'sessions.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const shown = async (...call: Parameters<typeof bellows>) => {
      await bellows(...call);
      return server.heard.at(-1)?.headers.authorization;
    };
    await writeFile(join(folder, 'other'), '0ther');
    expect(await shown(['jobs'], noToken)).toBe('Bearer s3ssion');
    expect(await shown(['jobs'])).toBe('Bearer t0ken');
    expect(await shown(['--token-file', join(folder, 'other'), 'jobs'])).toBe('Bearer 0ther');
    // Its own session, and not the token of the environment.
    expect(await shown(['logout'])).toBe('Bearer s3ssion');
    await expect(stat(file)).rejects.toThrow('ENOENT');
    expect((await bellows(['logout'], noToken)).err).toContain('You are not signed in here');
  });

  it('does not install an agent from a checkout, and says what it is installed from', async () => {
    const { code, out } = await bellows(['agent', 'install', '--server', server.url, '--json']);
    expect([code, JSON.parse(out)]).toEqual([
      1,
      { ok: false, problems: [expect.stringContaining('npm run build -- --agent')] },
    ]);
  });

  it('tells its version, and helps who mistypes', async () => {
    expect((await bellows(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { code, err } = await bellows(['jbos']);
    expect([code, err]).toEqual([1, expect.stringContaining('Did you mean jobs?')]);
  });
});
