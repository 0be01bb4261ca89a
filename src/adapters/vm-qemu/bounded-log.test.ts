import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BoundedLog } from './bounded-log.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-log-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const newPath = () => join(folder, String(count++));

it('keeps all of a quiet console', async () => {
  const path = newPath();
  const log = new BoundedLog(path, 1000);
  for (const line of ['one\n', 'two\n']) await log.append(Buffer.from(line));
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
});

it('goes on where an earlier agent stopped', async () => {
  const path = newPath();
  await new BoundedLog(path, 1000).append(Buffer.from('before\n'));
  await new BoundedLog(path, 1000).append(Buffer.from('after\n'));
  expect(await readFile(path, 'utf8')).toBe('before\nafter\n');
});

test.prop([fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 20 })], { numRuns: 50 })(
  'never grows beyond its limit, and always ends with the newest output',
  async (sizes) => {
    const path = newPath();
    const log = new BoundedLog(path, 200);
    let said = '';
    for (const [index, size] of sizes.entries()) {
      const chunk = String.fromCharCode(97 + index).repeat(size);
      said += chunk;
      await log.append(Buffer.from(chunk));
      expect((await stat(path)).size).toBeLessThanOrEqual(200);
      const kept = await readFile(path, 'utf8');
      const newest = kept.replace('[earlier output was left out]\n', '');
      expect(said.endsWith(newest)).toBe(true);
      expect(newest.length).toBeGreaterThanOrEqual(Math.min(said.length, 50));
    }
  },
);
