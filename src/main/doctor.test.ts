// The command itself, as far as it boots nothing: what it refuses, and what it says of a host that is not ready.

import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CannedServer, startCannedServer } from '../../test/support/canned-server.ts';
import type { Finding } from '../agent/doctor/check.ts';

let server: CannedServer;
let folder: string;
beforeEach(async () => {
  server = await startCannedServer(() => ({ status: 404 }));
  folder = await mkdtemp(join(tmpdir(), 'bellows-doctor-'));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

interface Ended {
  code: unknown;
  out: string;
  err: string;
}

function doctor(args: string[], env: Record<string, string> = {}, userId?: number): Promise<Ended> {
  const settings = {
    BELLOWS_URL: server.url,
    BELLOWS_AGENT_FOLDER: join(folder, 'agent'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    ...env,
  };
  return new Promise((resolve) => {
    const options = {
      env: { ...process.env, ...settings },
      ...(userId !== undefined && { uid: userId, gid: userId }),
    };
    const words = [join(import.meta.dirname, 'cli.ts'), 'doctor', ...args];
    execFile(process.execPath, words, options, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    );
  });
}

/** The report by the id of each check. */
function checksIn({ out }: Ended): Record<string, Finding> {
  const { checks }: { checks: Finding[] } = JSON.parse(out);
  return Object.fromEntries(checks.map((check) => [check.id, check]));
}

describe('bellows doctor', { timeout: 60_000 }, () => {
  it('tells of a host without image and control plane, ends with 1, and leaves nothing behind', async () => {
    const ended = await doctor(['--json', '--no-canary'], { BELLOWS_URL: 'http://127.0.0.1:1' });
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.out)).toMatchObject({
      ok: false,
      driver: 'qemu',
      network: 'restricted',
      canary: { outcome: 'skipped', reason: 'left out, as asked', phases: {} },
    });
    const checks = checksIn(ended);
    expect(checks.images).toMatchObject({ severity: 'failure', mend: 'bellows image build' });
    expect(checks['control-plane']).toMatchObject({ severity: 'failure' });
    expect(checks.kvm?.severity).toBe('skipped');
    expect(checks.canary).toMatchObject({ severity: 'skipped' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('says how soon the control plane answers', async () => {
    server.canned['GET /api/bellows/v1/health'] = { body: { ok: true } };
    const checks = checksIn(await doctor(['--json', '--no-canary']));
    expect(checks['control-plane']).toMatchObject({
      // A busy machine answers late, and is warned of that.
      severity: expect.stringMatching(/^(ok|warning)$/),
      found: expect.stringMatching(/ in \d+ ms$/),
    });
    expect(checks['clock-skew']).toMatchObject({ severity: 'ok' });
  });

  it('names an image that cannot be read, and boots nothing of it', async () => {
    const digest = 'a'.repeat(64);
    await mkdir(join(folder, 'cache/bellows/images', digest, 'manifest.json'), { recursive: true });
    const checks = checksIn(await doctor(['--json']));
    expect(checks.images).toMatchObject({
      severity: 'failure',
      found: expect.stringContaining(`image sha256:${digest} is not on this host`),
    });
    expect(checks.canary).toMatchObject({ severity: 'skipped', found: expect.stringContaining('no image') });
  });

  it('prints for people, without colours where there is no terminal', async () => {
    const { out, err } = await doctor(['--no-canary']);
    expect(out).toMatch(/^processor\n {2}ok {7}The processor can run VMs\n/);
    expect(out).toMatch(/This host is not fit for jobs: \d+ failed, .*\.\n$/);
    expect(out).not.toContain('\u001b');
    expect(err).toBe('');
  });

  it.each([
    [['--jsno'], "error: unknown option '--jsno'"],
    [['now'], 'too many arguments'],
    [['--network', 'bridge'], 'Allowed choices are restricted, open, tap'],
  ])('refuses %j', async (args, words) => {
    const { code, out, err } = await doctor(args);
    expect([code, out, err]).toEqual([1, '', expect.stringContaining(words)]);
  });

  it('refuses settings that make no sense, in JSON too', async () => {
    const env = { BELLOWS_HOST_MEMORY_MB: 'lots' };
    expect((await doctor([], env)).err).toContain('BELLOWS_HOST_MEMORY_MB: "lots" is not a whole number');
    const { code, out } = await doctor(['--json'], env);
    expect([code, JSON.parse(out)]).toEqual([
      1,
      { ok: false, message: expect.stringContaining('BELLOWS_HOST_MEMORY_MB') },
    ]);
  });

  it('takes nothing for well that an ordinary user cannot see', async (context) => {
    if (process.getuid?.() !== 0) context.skip('only root can become somebody else');
    await chmod(folder, 0o700);
    const nobody = 65_534;
    const ended = await doctor(['--json'], { HOME: folder }, nobody);
    if (ended.out === '')
      context.skip(`another user cannot run the sources here: ${ended.err.slice(0, 200)}`);
    const checks = checksIn(ended);
    expect(checks.ownership).toMatchObject({
      severity: 'skipped',
      found: expect.stringMatching(/^cannot be seen: no permission for /),
      mend: 'Run the doctor as root: sudo bellows doctor',
    });
    expect(checks.images).toMatchObject({
      severity: 'skipped',
      found: expect.stringMatching(/^cannot be seen: the images in /),
    });
    const kvm = await stat('/dev/kvm').catch(() => undefined);
    if (kvm !== undefined && (kvm.mode & 0o006) === 0)
      expect(checks.kvm).toMatchObject({ severity: 'skipped', found: 'no permission for /dev/kvm' });
  });
});
