import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Command } from '../ports/image-workshop.ts';
import { runnerOrigin } from './runner-origin.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-runner-'));
  await mkdir(join(folder, 'in/bin'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

/** Debian's own tar, as the workshop runs it. */
const workshop = {
  async run({ program, args, onLine }: Command) {
    const said = execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, TZ: 'Asia/Tokyo' } });
    for (const line of said.split('\n')) onLine?.(line);
  },
};

async function archive(name: string, files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await writeFile(join(folder, 'in', path), text);
    await utimes(join(folder, 'in', path), 1_780_000_000, 1_780_000_000);
  }
  const made = join(folder, name);
  execFileSync('tar', ['-czf', made, '-C', join(folder, 'in'), '.']);
  return made;
}

const needs = JSON.stringify(
  { targets: { 'linux-x64': { 'Newtonsoft.Json/13.0.3': {}, 'Runner.Listener/2.336.0': {} } } },
  undefined,
  2,
);

it('an archive tells the version of its runner and when it was built', async () => {
  const path = await archive('runner.tar.gz', { 'bin/Runner.Listener.deps.json': needs, 'run.sh': '' });
  expect(await runnerOrigin(path, workshop)).toEqual({ version: '2.336.0', releasedAt: 1_780_000_000_000 });
});

it('an archive of other files is known by its name, or not at all', async () => {
  const named = await archive('actions-runner-linux-x64-2.400.1.tar.gz', { 'run.sh': '' });
  expect(await runnerOrigin(named, workshop)).toEqual({ version: '2.400.1' });
  const short = await archive('actions-runner-linux-x64-2.400.1.tgz', { 'run.sh': '' });
  expect(await runnerOrigin(short, workshop)).toEqual({ version: '2.400.1' });
  const other = await archive('latest.tar.gz', { 'run.sh': '' });
  expect(await runnerOrigin(other, workshop)).toEqual({ version: 'unknown' });
});

it('the simulated runner has no age', async () => {
  expect(await runnerOrigin('/somewhere/sim-runner.js', workshop)).toEqual({ version: 'simulated' });
});
