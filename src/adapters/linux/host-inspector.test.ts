import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { linuxHostInspector } from './host-inspector.ts';

it('a host knows which boot it is in, and since when', async () => {
  const { id, at } = await linuxHostInspector().boot();
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(await linuxHostInspector().boot()).toEqual({ id, at });
  const upMs = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]) * 1000;
  // The kernel tells the one in seconds, and the other by another clock.
  expect(Math.abs(Date.now() - upMs - at)).toBeLessThan(5_000);
});
