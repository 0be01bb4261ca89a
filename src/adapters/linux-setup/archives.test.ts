import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepVersions, placeVersion, unpack } from './archives.ts';
import { runProgram } from './run-program.ts';

let folder: string;
let versions: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-archives-'));
  versions = join(folder, 'versions');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const content = { 'bin/bellows': '#!/bin/sh\n', 'dist/cli.js': 'cli();\n' };

/** A tree as the build writes it; `change` spoils it before it is packed. */
async function archive({
  version = '1.0.0',
  change = async (_tree: string): Promise<void> => undefined,
} = {}) {
  const tree = join(folder, `tree-${version}`);
  const files = [];
  for (const [path, text] of Object.entries({ ...content, 'dist/version.js': version })) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    files.push({ path, bytes: text.length, sha256, executable: path.startsWith('bin/') });
  }
  await writeFile(join(tree, 'manifest.json'), JSON.stringify({ format: 1, version, arch: 'x64', files }));
  await change(tree);
  const path = join(folder, `agent-${version}.tar.gz`);
  await runProgram('tar', ['-C', tree, '-czf', path, '.']);
  return { kind: 'archive', path, tree } as const;
}

const unpacked = async (...options: Parameters<typeof archive>) =>
  unpack(await archive(...options), versions, runProgram);

describe('an archive', () => {
  it('is unpacked, compared and placed, with the modes that its manifest gives', async () => {
    const made = await unpacked();
    expect(made).toMatchObject({ version: '1.0.0', arch: 'x64' });
    expect(await placeVersion(made, versions)).toBe(true);
    expect(await readFile(join(versions, '1.0.0/dist/cli.js'), 'utf8')).toBe('cli();\n');
    const modeOf = async (path: string) =>
      ((await stat(join(versions, '1.0.0', path))).mode & 0o777).toString(8);
    expect([await modeOf('bin/bellows'), await modeOf('dist/cli.js')]).toEqual(['755', '644']);
    expect(await readdir(versions)).toEqual(['1.0.0']);
  });

  it('is taken from the folder that it was unpacked to, without what else lies there', async () => {
    const { tree } = await archive();
    await writeFile(join(tree, 'notes'), 'mine');
    const made = await unpack({ kind: 'folder', path: tree }, versions, runProgram);
    expect((await readdir(made.folder)).sort()).toEqual(['bin', 'dist', 'manifest.json']);
  });

  it.each<[string, (tree: string) => Promise<void>, string]>([
    [
      'was changed',
      (tree) => writeFile(join(tree, 'dist/cli.js'), 'evl();\n'),
      'dist/cli.js is not what the manifest says',
    ],
    ['lacks a file', (tree) => rm(join(tree, 'dist/cli.js')), 'dist/cli.js is missing'],
    ['holds a file more', (tree) => writeFile(join(tree, 'bin/more'), ''), 'bin/more is not in the manifest'],
    ['holds a link', (tree) => symlink('/etc', join(tree, 'etc')), 'etc is not in the manifest'],
    [
      'replaced a file by a link',
      async (tree) => {
        await rm(join(tree, 'dist/cli.js'));
        await symlink('version.js', join(tree, 'dist/cli.js'));
      },
      'dist/cli.js is not in the manifest',
    ],
    ['has no manifest', (tree) => rm(join(tree, 'manifest.json')), 'there is no manifest.json'],
    ['has half a manifest', (tree) => writeFile(join(tree, 'manifest.json'), '{"form'), 'cannot be read'],
    [
      'names files outside',
      async (tree) => {
        const text = await readFile(join(tree, 'manifest.json'), 'utf8');
        await writeFile(join(tree, 'manifest.json'), text.replace('dist/cli.js', '../cli.js'));
      },
      'cannot be read',
    ],
  ])('that %s is refused, and nothing of it stays', async (_, change, words) => {
    await expect(unpacked({ change })).rejects.toThrow(words);
    expect(await readdir(versions)).toEqual([]);
  });

  it('that is not there, or none at all, is refused', async () => {
    const missing = { kind: 'archive', path: join(folder, 'none.tar.gz') } as const;
    await expect(unpack(missing, versions, runProgram)).rejects.toThrow('there is no archive');
    await writeFile(missing.path, 'text');
    await expect(unpack(missing, versions, runProgram)).rejects.toThrow(/tar .* ended with/);
    expect(await readdir(versions)).toEqual([]);
  });
});

describe('a version', () => {
  it('that lies there already is not placed again', async () => {
    await placeVersion(await unpacked(), versions);
    expect(await placeVersion(await unpacked(), versions)).toBe(false);
    expect(await readdir(versions)).toEqual(['1.0.0']);
  });

  it('that looks after itself is compared where it lies', async () => {
    await placeVersion(await unpacked(), versions);
    const own = { kind: 'folder', path: join(versions, '1.0.0') } as const;
    expect(await placeVersion(await unpack(own, versions, runProgram), versions)).toBe(false);
    await writeFile(join(versions, '1.0.0/dist/cli.js'), 'broken');
    await expect(unpack(own, versions, runProgram)).rejects.toThrow(
      'dist/cli.js is not what the manifest says',
    );
    expect(await readdir(versions)).toEqual(['1.0.0']);
  });

  it('that was damaged is replaced', async () => {
    await placeVersion(await unpacked(), versions);
    const file = join(versions, '1.0.0/dist/cli.js');
    await writeFile(file, 'broken');
    expect(await placeVersion(await unpacked(), versions)).toBe(true);
    expect(await readFile(file, 'utf8')).toBe('cli();\n');
    expect(await readdir(versions)).toEqual(['1.0.0']);
  });

  it('goes when it is not wanted any more, with what was left unfinished, and the link stays', async () => {
    for (const version of ['1.0.0', '1.1.0']) await placeVersion(await unpacked({ version }), versions);
    await unpacked({ version: '1.2.0' });
    await symlink('1.1.0', join(versions, 'current'));
    await keepVersions(['1.1.0'], versions);
    expect((await readdir(versions)).sort()).toEqual(['1.1.0', 'current']);
  });
});

describe('a download', () => {
  it('is believed by its checksum alone', async () => {
    const { path } = await archive();
    const bytes = await readFile(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
    const release = {
      format: 1,
      version: '1.0.0',
      arch,
      archive: 'agent.tar.gz',
      bytes: bytes.length,
      sha256,
    };
    let served: Record<string, Buffer> = {};
    let breaksOff = false;
    const server = createServer(({ url = '' }, response) => {
      const body = served[url];
      response.writeHead(body === undefined ? 404 : 200, { 'Content-Length': body?.length ?? 0 });
      if (!breaksOff || !url.endsWith('.gz')) response.end(body);
      else response.write(body?.subarray(0, 100), () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const fetched = () => unpack({ kind: 'downloads', url: base }, versions, runProgram);
    try {
      await expect(fetched()).rejects.toThrow(
        `bellows-agent-linux-${arch}.json answers 404: give --downloads`,
      );
      served = {
        [`/bellows-agent-linux-${arch}.json`]: Buffer.from(JSON.stringify(release)),
        '/agent.tar.gz': bytes,
      };
      expect(await fetched()).toMatchObject({ version: '1.0.0' });
      served['/agent.tar.gz'] = Buffer.concat([bytes, Buffer.from('more')]);
      await expect(fetched()).rejects.toThrow('does not have the checksum');
      // Cut short where it was published, and on its way.
      served['/agent.tar.gz'] = bytes.subarray(0, -100);
      await expect(fetched()).rejects.toThrow('does not have the checksum');
      served['/agent.tar.gz'] = bytes;
      breaksOff = true;
      await expect(fetched()).rejects.toThrow('agent.tar.gz broke off before all of it had come');
      // What was believed is there, and nothing of the others.
      expect(await readdir(versions)).toHaveLength(1);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    await expect(fetched()).rejects.toThrow('cannot be reached');
  });
});
