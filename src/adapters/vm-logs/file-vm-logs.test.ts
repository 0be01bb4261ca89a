import { appendFile, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { line, vmLogsContract } from '../../../test/contract/vm-logs.ts';
import { type VmId, vmId } from '../../domain/ids.ts';
import { hours, type Instant, instantOf } from '../../domain/time.ts';
import type { Log } from '../../ports/log.ts';
import { MemoryVmLogs } from '../../sim/memory-vm-logs.ts';
import { FileVmLogs } from './file-vm-logs.ts';

let root: string;
let folder: string;
let now: Instant;
let logged: string[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bellows-logs-'));
  folder = join(root, 'logs');
  now = instantOf(Date.now());
  logged = [];
});
afterEach(() => rm(root, { recursive: true, force: true }));

const say = (message: string): void => void logged.push(message);
const log: Log = { debug() {}, info: say, warn: say, error: say, with: () => log };
const open = (over: object = {}): FileVmLogs =>
  new FileVmLogs({ folder, clock: { now: () => now }, log, ...over });
const vm = vmId('vm-00000000one0');
const other = (n: number): VmId => vmId(`vm-${String(n).padStart(12, '0')}`);
const path = (which = vm, end = ''): string => join(folder, `${which}.log${end}`);

vmLogsContract('files', () => ({ open: async () => open(), reopen: async () => open() }));
const memory = { logs: new MemoryVmLogs() };
vmLogsContract('memory', () => {
  memory.logs = new MemoryVmLogs();
  return { open: async () => memory.logs, reopen: async () => memory.logs };
});

describe('logs of VMs in files', () => {
  it('are nobody else’s to read', async () => {
    const logs = open();
    logs.add(vm, line(1));
    await logs.read(vm);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
  });

  it('keep the last of a VM that never stops talking, within its bytes', async () => {
    const logs = open({ vmBytes: 4000 });
    for (let n = 0; n < 500; n += 1) {
      logs.add(vm, line(n));
      if (n % 7 === 0) await logs.read(vm);
    }
    const kept = await logs.read(vm);
    expect(kept.at(-1)).toBe(line(499));
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => line(500 - kept.length + n)));
    expect(kept.length).toBeGreaterThan(40);
    expect((await stat(path())).size + (await stat(path(vm, '.1'))).size).toBeLessThanOrEqual(4000);
  });

  it('go on in the file that an earlier process has half filled', async () => {
    const first = open({ vmBytes: 4000 });
    for (let n = 0; n < 40; n += 1) first.add(vm, line(n));
    await first.read(vm);
    const next = open({ vmBytes: 4000 });
    for (let n = 40; n < 80; n += 1) next.add(vm, line(n));
    expect((await next.read(vm)).at(-1)).toBe(line(79));
    expect((await stat(path())).size).toBeLessThanOrEqual(2000);
  });

  it('lose at most the line that a crash cut off', async () => {
    const first = open();
    first.add(vm, line(1));
    await first.read(vm);
    await appendFile(path(), line(2).slice(0, -1));
    expect(await open().read(vm)).toEqual([line(1)]);
    const next = open();
    next.add(vm, line(3));
    expect((await next.read(vm)).filter((one) => one !== line(2).slice(0, -1))).toEqual([line(1), line(3)]);
  });

  it('are left out where they cannot be written; it is told once, and how many when it works again', async () => {
    await writeFile(folder, 'not a folder');
    const logs = open();
    for (let n = 0; n < 3; n += 1) {
      logs.add(vm, line(n));
      await logs.read(vm).catch(() => {});
    }
    expect(logged).toEqual(['logs of VMs cannot be written; the VMs go on']);
    await rm(folder);
    logs.add(vm, line('again'));
    expect(await logs.read(vm)).toEqual([
      expect.stringMatching(/Z host: 3 lines of this log were lost: it could not be written$/),
      line('again'),
    ]);
    expect(logged).toHaveLength(2);
  });

  it('do not fill the memory while the disk is slow', async () => {
    const logs = open();
    const long = line('x'.repeat(8000));
    for (let n = 0; n < 1000; n += 1) logs.add(vm, long);
    logs.add(vm, line('last'));
    const kept = await logs.read(vm);
    expect(kept.length).toBeLessThan(600);
    expect(kept[0]).toMatch(/\d+ lines of this log were lost/);
  });

  it('are forgotten when they are old, and the oldest when they are too much', async () => {
    const logs = open({ totalBytes: 300, ageMs: hours(1) });
    for (let n = 0; n < 6; n += 1) {
      logs.add(other(n), line('x'.repeat(60)));
      await logs.read(other(n));
      const at = new Date(now - (6 - n) * 60_000 - (n === 0 ? hours(2) : 0));
      await utimes(path(other(n)), at, at);
    }
    await writeFile(join(folder, 'somebody-elses'), '');
    const isKept = async (n: number): Promise<boolean> => (await logs.read(other(n))).length === 1;
    await logs.sweep(new Set([other(1)]));
    expect(await Promise.all([0, 1, 2, 3, 4, 5].map(isKept))).toEqual([false, true, false, true, true, true]);
    expect(await readdir(folder)).toContain('somebody-elses');
    now = instantOf(now + hours(2));
    await logs.sweep(new Set());
    expect(await readdir(folder)).toEqual(['somebody-elses']);
  });

  it('of a folder that is not there have nothing to forget', async () => {
    await open().sweep(new Set());
    expect(await readdir(root)).toEqual([]);
  });
});
