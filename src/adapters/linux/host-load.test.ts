import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { linuxHostLoad } from './host-load.ts';

const devices = [
  'Inter-|   Receive                                                |  Transmit',
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets',
  '    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0',
  '  eth0: 1000 10 0 0 0 0 0 0 2000 20 0 0 0 0 0 0',
].join('\n');

it('reads load, memory and what went over the default route', async () => {
  const proc = await mkdtemp(join(tmpdir(), 'bellows-proc-'));
  await mkdir(join(proc, 'net'));
  await writeFile(join(proc, 'loadavg'), '0.25 1.50 2.75 3/456 789\n');
  await writeFile(join(proc, 'meminfo'), 'MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    400 kB\n');
  await writeFile(join(proc, 'net/dev'), devices);
  const route = 'Iface\tDestination\tGateway\neth0\t00000000\t0100000A\neth0\t0000000A\t00000000\n';
  await writeFile(join(proc, 'net/route'), route);
  const load = linuxHostLoad(proc);
  expect(await load.read(proc)).toMatchObject({
    load: [0.25, 1.5, 2.75],
    memoryBytes: 1_024_000,
    memoryAvailableBytes: 409_600,
    egress: { receivedBytes: 1000, sentBytes: 2000 },
  });
  await writeFile(join(proc, 'net/route'), 'Iface\tDestination\n');
  expect(await load.read(proc)).not.toHaveProperty('egress');
  await rm(proc, { recursive: true });
});

it('reads this host', async () => {
  const facts = await linuxHostLoad().read(tmpdir());
  expect(facts.memoryBytes).toBeGreaterThan(facts.memoryAvailableBytes);
  expect(facts.diskBytes).toBeGreaterThan(facts.diskFreeBytes);
});
