import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firecrackerVersion, placeFirecracker } from './firecracker-programs.ts';
import { runProgram } from './run-program.ts';

const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-fc-programs-'));
  target = join(folder, 'opt/firecracker');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const says = (version: string) => `#!/bin/sh\necho "Firecracker ${version}"\n`;

/** An archive as the project publishes it, with its checksum beside it. */
async function archive(
  version = firecrackerVersion,
  names = [`firecracker-${version}-${machine}`, `jailer-${version}-${machine}`],
  words = says(version),
) {
  const release = `release-${version}-${machine}`;
  await mkdir(join(folder, release), { recursive: true });
  for (const name of [...names, `firecracker-${version}-${machine}.debug`, 'LICENSE']) {
    await writeFile(join(folder, release, name), words);
    await chmod(join(folder, release, name), 0o755);
  }
  const path = join(folder, `firecracker-${version}-${machine}.tgz`);
  await runProgram('tar', ['-C', folder, '-czf', path, release]);
  await rm(join(folder, release), { recursive: true });
  const bytes = await readFile(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(`${path}.sha256.txt`, `${sha256}  firecracker-${version}-${machine}.tgz\n`);
  return { kind: 'archive', path, bytes } as const;
}

const place = (source?: Parameters<typeof placeFirecracker>[0]) =>
  placeFirecracker(source, target, runProgram);
const inOpt = () => readdir(join(folder, 'opt')).catch(() => []);

describe("an archive of Firecracker's project", () => {
  it('is compared, and both programs lie where the agent looks', async () => {
    expect(await place(await archive())).toEqual({ version: firecrackerVersion, placed: true });
    expect((await readdir(target)).sort()).toEqual(['archive.sha256', 'firecracker', 'jailer']);
    for (const program of ['firecracker', 'jailer']) {
      const { mode } = await stat(join(target, program));
      expect((mode & 0o777).toString(8)).toBe('755');
    }
    expect(await readFile(join(target, 'firecracker'), 'utf8')).toBe(says(firecrackerVersion));
    expect(await inOpt()).toEqual(['firecracker']);
  });

  it('is placed once, is kept when none is named, and gives way to another', async () => {
    const source = await archive();
    await place(source);
    expect(await place(source)).toEqual({ version: firecrackerVersion, placed: false });
    expect(await place()).toEqual({ version: firecrackerVersion, placed: false });
    expect(await place(await archive('v1.99.0'))).toEqual({ version: 'v1.99.0', placed: true });
    expect(await readFile(join(target, 'jailer'), 'utf8')).toBe(says('v1.99.0'));
    expect(await inOpt()).toEqual(['firecracker']);
  });

  it.each<[string, () => Promise<Parameters<typeof placeFirecracker>[0]>, string]>([
    ['is not there', async () => ({ kind: 'archive', path: join(folder, 'none') }), 'none.sha256.txt cannot'],
    [
      'was changed',
      async () => {
        const made = await archive();
        await writeFile(made.path, Buffer.concat([made.bytes, Buffer.from('more')]));
        return made;
      },
      'does not have the checksum',
    ],
    [
      'has a checksum that is none',
      async () => {
        const made = await archive();
        await writeFile(`${made.path}.sha256.txt`, '<html>Not found</html>');
        return made;
      },
      'holds no SHA-256',
    ],
    [
      'lacks the jailer',
      () => archive(firecrackerVersion, [`firecracker-${firecrackerVersion}-${machine}`]),
      'there is no jailer',
    ],
    [
      'is for another processor',
      () => archive('v1.16.1', ['firecracker-v1.16.1-mips', 'jailer-v1.16.1-mips']),
      `there is no firecracker for ${machine}`,
    ],
    [
      'mixes two releases',
      () => archive('v1.16.1', [`firecracker-v1.16.1-${machine}`, `jailer-v1.15.0-${machine}`]),
      'of two releases',
    ],
    [
      'says another release',
      () => archive('v1.16.1', undefined, says('v1.2.3')),
      'says "Firecracker v1.2.3"',
    ],
  ])('that %s is refused, and what lay there stays', async (_, source, words) => {
    await expect(place(await source())).rejects.toThrow(words);
    expect(await inOpt()).toEqual([]);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await place(await archive('v1.14.0'));
    await expect(place(await source())).rejects.toThrow(words);
    expect(await readFile(join(target, 'firecracker'), 'utf8')).toBe(says('v1.14.0'));
    expect(await inOpt()).toEqual(['firecracker']);
  });

  it('is fetched with its checksum, and refused when either does not come whole', async () => {
    const { bytes, path } = await archive();
    const checksum = await readFile(`${path}.sha256.txt`);
    let served: Record<string, Buffer> = {};
    let breaksOff = false;
    const server = createServer(({ url = '' }, response) => {
      const body = served[url];
      response.writeHead(body === undefined ? 404 : 200, { 'Content-Length': body?.length ?? 0 });
      if (!breaksOff || url !== '/fc.tgz') response.end(body);
      else response.write(body?.subarray(0, 100), () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fc.tgz`;
    const fetched = () => place({ kind: 'downloads', url });
    try {
      await expect(fetched()).rejects.toThrow('fc.tgz.sha256.txt answers 404');
      served = { '/fc.tgz': bytes.subarray(0, -20), '/fc.tgz.sha256.txt': checksum };
      await expect(fetched()).rejects.toThrow('does not have the checksum');
      served['/fc.tgz'] = bytes;
      breaksOff = true;
      await expect(fetched()).rejects.toThrow('broke off before all of it had come');
      expect(await inOpt()).toEqual([]);
      breaksOff = false;
      expect(await fetched()).toEqual({ version: firecrackerVersion, placed: true });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    await expect(fetched()).rejects.toThrow('cannot be reached');
  });
});
