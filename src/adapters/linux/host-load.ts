import { readFile, statfs } from 'node:fs/promises';
import type { HostLoad, HostLoadFacts } from '../../ports/host-load.ts';
import { devicesIn } from './net-dev.ts';

/** @param proc for tests. */
export const linuxHostLoad = (proc = '/proc'): HostLoad => ({
  async read(folder) {
    const text = (name: string): Promise<string> => readFile(`${proc}/${name}`, 'utf8');
    const [load, memory, routes, devices, disk] = await Promise.all([
      text('loadavg'),
      text('meminfo'),
      text('net/route'),
      text('net/dev'),
      statfs(folder),
    ]);
    const egress = egressOf(routes, devices);
    return {
      load: loadOf(load),
      memoryBytes: memoryOf(memory, 'MemTotal'),
      memoryAvailableBytes: memoryOf(memory, 'MemAvailable'),
      diskBytes: disk.blocks * disk.bsize,
      diskFreeBytes: disk.bavail * disk.bsize,
      ...(egress && { egress }),
    };
  },
});

/** proc(5), /proc/loadavg */
function loadOf(text: string): [number, number, number] {
  const [one = 0, five = 0, fifteen = 0] = text.split(' ').slice(0, 3).map(Number);
  return [one, five, fifteen];
}

/** proc(5), /proc/meminfo: in kB, which are KiB. */
function memoryOf(text: string, name: string): number {
  const found = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`/proc/meminfo does not tell ${name}`);
  return Number(found) * 1024;
}

/** proc(5), /proc/net/route: a default route has destination and mask 0. */
function egressOf(routes: string, devices: string): HostLoadFacts['egress'] {
  const rows = routes.split('\n').map((line) => line.split('\t'));
  const names = new Set(
    rows.filter(([, destination]) => destination === '00000000').map(([name = '']) => name),
  );
  const uplinks = devicesIn(devices).filter(({ name }) => names.has(name));
  if (uplinks.length === 0) return undefined;
  return {
    receivedBytes: uplinks.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    sentBytes: uplinks.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
  };
}
