// `scripts/run.mjs`, through which every command goes, and the set-up behind it. It is written for old Nodes, so it is
// run as a program here, and its parts are loaded as they are.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../support/source-tree.ts';

const runner = join(root, 'scripts/run.mjs');
const { missingPackages } = await import(join(root, 'scripts/setup/dependencies.mjs'));
const { missingSystemPackages, provideSystemPackages } = await import(
  join(root, 'scripts/setup/system-packages.mjs')
);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-run-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('run.mjs', () => {
  it('runs a command of an npm package under Node 24 or newer', async () => {
    const script = join(folder, 'version.mjs');
    await writeFile(script, `console.log(process.version, process.argv.slice(2).join('+'));`);
    const relative = join('..', '..', '..', '..', script);
    const { stdout } = await promisify(execFile)('node', [runner, relative, 'a b', '--help']);
    expect(stdout).toMatch(/^v(2[4-9]|[3-9]\d)\.\S+ a b\+--help\n$/);
  });

  it('ends with the code of its command', async () => {
    await writeFile(join(folder, 'fail.mjs'), 'process.exit(7)');
    const child = spawn('node', [runner, join('..', '..', '..', '..', folder, 'fail.mjs')], {
      stdio: 'ignore',
    });
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  it('passes a signal on, and ends after its command', async () => {
    const script = `process.on('SIGTERM', () => setTimeout(() => { console.log('cleaned'); process.exit(3); }, 100));
      setInterval(() => {}, 1000); console.log('up');`;
    await writeFile(join(folder, 'wait.mjs'), script);
    const child = spawn('node', [runner, join('..', '..', '..', '..', folder, 'wait.mjs')]);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output === 'up\n') child.kill('SIGTERM');
    });
    expect(await once(child, 'close')).toEqual([3, null]);
    expect(output).toBe('up\ncleaned\n');
  });

  it.each([[['--with', 'everything']], [['--fast']], [['no-such-command']]])('refuses %j', async (given) => {
    await expect(promisify(execFile)('node', [runner, ...given])).rejects.toMatchObject({ code: 1 });
  });
});

describe('the npm packages', () => {
  const entry = (version: string, more = {}) => ({ version, integrity: `sha512-${version}`, ...more });

  async function missing(lock: object, installed: object | undefined): Promise<string[]> {
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...lock } }));
    if (installed !== undefined) {
      await mkdir(join(folder, 'node_modules'), { recursive: true });
      await writeFile(
        join(folder, 'node_modules/.package-lock.json'),
        JSON.stringify({ packages: installed }),
      );
    }
    return missingPackages(folder);
  }

  it('are all missing on a fresh clone', async () => {
    expect(await missing({ 'node_modules/a': entry('1.0.0') }, undefined)).toEqual(['a']);
  });

  it('are complete when npm installed what the lock says', async () => {
    expect(await missing({ 'node_modules/a': entry('1.0.0') }, { 'node_modules/a': entry('1.0.0') })).toEqual(
      [],
    );
  });

  it('are missing when the lock has changed', async () => {
    const lock = { 'node_modules/a': entry('1.0.1'), 'node_modules/b/node_modules/@x/c': entry('2.0.0') };
    expect(await missing(lock, { 'node_modules/a': entry('1.0.0') })).toEqual(['a', '@x/c']);
  });

  it('need not hold parts for other systems', async () => {
    const lock = {
      'node_modules/elsewhere': entry('1.0.0', { optional: true, os: ['haiku'] }),
      'node_modules/of-elsewhere': entry('1.0.0', { optional: true }),
    };
    expect(await missing(lock, {})).toEqual([]);
  });

  it('hold the parts for this system, which the npm of an old Node may leave out', async () => {
    const part = { optional: true, os: process.platform, cpu: [process.arch] };
    expect(await missing({ 'node_modules/part': entry('1.0.0', part) }, {})).toEqual(['part']);
  });

  it('are missing when the list of what is installed was broken off', async () => {
    await mkdir(join(folder, 'node_modules'));
    await writeFile(join(folder, 'node_modules/.package-lock.json'), '{"packages": {');
    expect(await missing({ 'node_modules/a': entry('1.0.0') }, undefined)).toEqual(['a']);
  });
});

describe('the programs of the system', () => {
  const none = { 'no-such-package': 'no-such-program' };

  it('are missing by the name of their package', () => {
    expect(missingSystemPackages(none)).toEqual(['no-such-package']);
  });

  it('are named to an ordinary user in one line to paste', () => {
    const provide = () => provideSystemPackages('vm', none, false);
    expect(provide).toThrow('no-such-package');
    if (existsSync('/usr/bin/apt-get')) {
      expect(provide).toThrow('\n  sudo apt-get install --no-install-recommends -y no-such-package\n');
    }
  });

  it('only cost the tests that need them', () => {
    expect(() => provideSystemPackages('tests', none, false)).not.toThrow();
  });
});
