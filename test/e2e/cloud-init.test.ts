// The user data that we ship, done as cloud-init does it: its files are written, then its command is run. Only the folder is
// another, and the program in the archive says what it was called with.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');

/** As much of cloud-init's format as it uses (cloudinit.readthedocs.io, modules write_files and runcmd). */
const userData = z.strictObject({
  write_files: z.array(
    z.strictObject({ path: z.string(), permissions: z.string().regex(/^0[0-7]{3}$/), content: z.string() }),
  ),
  runcmd: z.array(z.array(z.string()).min(1)).length(1),
});

const called = 'BELLOWS WAS CALLED:';

describe('the user data for cloud-init', () => {
  let folder: string;
  let server: Server;
  let address: string;
  let archive: Buffer;
  let another: Buffer;
  let served: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-cloud-init-'));
    await mkdir(join(folder, 'tree/bin'), { recursive: true });
    const program = `#!/bin/sh\necho "${called} $*"\ncat "$(dirname "$0")/../../token"\n`;
    await writeFile(join(folder, 'tree/bin/bellows'), program, { mode: 0o755 });
    const path = join(folder, 'agent.tar.gz');
    await promisify(execFile)('tar', ['-C', join(folder, 'tree'), '-czf', path, '.']);
    archive = await readFile(path);
    // Sound, and not the one that the checksum is of.
    await writeFile(join(folder, 'tree/LICENSE'), '');
    await promisify(execFile)('tar', ['-C', join(folder, 'tree'), '-czf', path, '.']);
    another = await readFile(path);
    server = createServer((_, response) => response.end(served));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/agent.tar.gz`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  /** As a fresh host would be left by it. */
  async function firstBoot(): Promise<{ ok: boolean; out: string; left: boolean }> {
    const place = join(folder, 'run-bellows');
    const text = await readFile(join(root, 'deploy/cloud-init.yaml'), 'utf8');
    expect(text).toMatch(/^#cloud-config\n/);
    const sha256 = createHash('sha256').update(archive).digest('hex');
    const filled = text
      .replaceAll('/run/bellows', place)
      .replace(/^( *archive=).*$/m, `$1${address}`)
      .replace(/^( *sha256=).*$/m, `$1${sha256}`);
    const data = userData.parse(parse(filled));
    for (const { path, permissions, content } of data.write_files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content, { mode: Number.parseInt(permissions, 8) });
      expect(permissions).toBe('0600');
    }
    const [[program = '', ...args] = []] = data.runcmd;
    const ran = await promisify(execFile)(program, args).then(
      ({ stdout }) => ({ ok: true, out: stdout }),
      ({ stdout }: { stdout: string }) => ({ ok: false, out: stdout }),
    );
    const left = await readFile(join(place, 'token')).then(
      () => true,
      () => false,
    );
    return { ...ran, left };
  }

  it('installs the agent with the token that it was given, and leaves nothing of it', async () => {
    served = archive;
    const { ok, out, left } = await firstBoot();
    expect({ ok, left }).toEqual({ ok: true, left: false });
    expect(out).toContain(
      `${called} agent install --server https://bellows.example --token-file ${join(folder, 'run-bellows/token')} --labels fast`,
    );
    expect(out).toContain('bellows_enrol_FILL_IN');
  });

  it('calls with options that the installation has', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(root, 'src/main/cli.ts'),
      ...['agent', 'install', '--help'],
    ]);
    for (const option of ['--server', '--token-file', '--labels']) expect(stdout).toContain(option);
  });

  it.each([
    ['is another', () => another],
    ['is cut short', () => archive.subarray(0, -20)],
  ])('runs nothing of an archive that %s, and leaves no token', async (_, spoil) => {
    served = spoil();
    expect(await firstBoot()).toEqual({ ok: false, out: expect.not.stringContaining(called), left: false });
  });
});
