// What `npm test` counts: planted suites of every kind, run by the real vitest.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runTests } from '../../scripts/check/run-tests.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-check-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function countsOf(suites: Record<string, string>) {
  for (const [name, text] of Object.entries(suites)) await writeFile(join(folder, `${name}.test.ts`), text);
  return runTests(folder, [`--root=${folder}`, '--globals'], 'collect');
}

it('counts what passed, failed and was skipped, with the reasons', async () => {
  const counts = await countsOf({
    mixed: `
      it('passes', () => {});
      it('fails', () => { throw new Error('planted'); });
      it('is skipped', (context) => context.skip('qemu is not installed'));
      describe.skipIf(true)('needs root', () => { it('a', () => {}); it('b', () => {}); });`,
  });
  expect(counts).toEqual({
    passed: 1,
    failed: 1,
    skipped: 3,
    reasons: { 'qemu is not installed': 1, 'mixed.test.ts: needs root': 2 },
  });
});

it('counts a file that cannot be loaded as a failure', async () => {
  const counts = await countsOf({
    broken: `import './nowhere.ts'; it('a', () => {});`,
    fine: `it('b', () => {});`,
  });
  expect(counts).toMatchObject({ passed: 1, failed: 1 });
});

it('counts an error that nobody caught as a failure', async () => {
  const counts = await countsOf({
    late: `it('a', async () => { Promise.reject(new Error('planted')); await new Promise((go) => setTimeout(go, 50)); });`,
  });
  expect(counts).toMatchObject({ passed: 1, failed: 1 });
});

it('counts a crash of the worker, and no tests at all, as failures', async () => {
  const crash = await countsOf({ crash: `it('a', () => { process.kill(process.pid, 'SIGKILL'); });` });
  expect(crash.failed).toBeGreaterThan(0);
  await rm(join(folder, 'crash.test.ts'));
  expect(await countsOf({})).toMatchObject({ passed: 0, failed: 1 });
});

it('lets no single test hide the others', async () => {
  const counts = await countsOf({ only: `it${'.only'}('a', () => {}); it('b', () => {});` });
  expect(counts.failed).toBeGreaterThan(0);
});
