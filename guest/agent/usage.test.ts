import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trafficOf, UsagePeaks } from './usage.ts';

const head = 'Inter-|   Receive\n face |bytes    packets\n';
const routes = 'Iface\tDestination\tGateway\neth0\t00000000\t0100000A\ndocker0\t000011AC\t00000000\n';
const device = (name: string, received: number, sent: number): string =>
  `  ${name}: ${received} 1 0 0 0 0 0 0 ${sent} 1 0 0 0 0 0 0\n`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bellows-usage-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the kernel tells at some moment: busy ticks, memory that is used, bytes that came and went. */
function kernelSays(ticks: number, usedMib: number, received: number, sent: number): void {
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('stat', `cpu  ${ticks} 0 0 1000 0 0 0 0\n`);
  const total = 4096 * 1024;
  write('meminfo', `MemTotal: ${total} kB\nMemAvailable: ${total - usedMib * 1024} kB\n`);
  write('route', routes);
  write('dev', `${head}${device('docker0', 999, 999)}${device('eth0', received, sent)}`);
}
const peaks = (): UsagePeaks =>
  new UsagePeaks({
    procStat: join(folder, 'stat'),
    procMeminfo: join(folder, 'meminfo'),
    procNet: folder,
    scratch: folder,
  });

describe('means of a job', () => {
  it('count from its first moment to its last, each look for as long as it lasted', () => {
    const usage = peaks();
    kernelSays(0, 100, 5, 5);
    expect(usage.sample(0, false)).not.toHaveProperty('cpuPercentMean');
    kernelSays(1_000, 200, 1_000, 100);
    usage.sample(10_000, true);
    // Half a processor for four seconds, then two of them for one.
    kernelSays(1_200, 1_000, 1_500, 110);
    usage.sample(14_000, true);
    kernelSays(1_400, 2_000, 4_000, 150);
    const atEnd = usage.sample(15_000, true);
    expect(atEnd).toMatchObject({
      cpuPercentPeak: 200,
      memoryMibPeak: 2_000,
      cpuPercentMean: 80,
      memoryMibMean: 1_200,
      receivedBytes: 3_000,
      sentBytes: 50,
    });
    kernelSays(9_999, 3_000, 9_000, 9_000);
    const { cpuPercentPeak: _, memoryMibPeak: __, ...later } = usage.sample(60_000, false);
    expect(atEnd).toMatchObject({ ...later, diskMibPeak: atEnd.diskMibPeak });
  });

  it('are not told of one that was over at once', () => {
    const usage = peaks();
    kernelSays(0, 100, 5, 5);
    usage.sample(0, true);
    expect(usage.sample(100, true)).not.toHaveProperty('memoryMibMean');
  });
});

describe('traffic', () => {
  it('is that of the way out, so that what containers say is not counted twice', () => {
    const devices = head + device('docker0', 50, 60) + device('eth0', 1, 2);
    expect(trafficOf(routes, devices)).toEqual({ receivedBytes: 1, sentBytes: 2 });
  });

  it('is not known where there is no way out', () => {
    expect(trafficOf('Iface\tDestination\n', head + device('eth0', 1, 2))).toBeUndefined();
  });
});
