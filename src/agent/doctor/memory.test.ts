import { describe, expect, it } from 'vitest';
import { errorCorrection, hugePages, memoryBudget, sharedPages, swap } from './memory.ts';
import { examined, type Planted } from './planted-host.fixture.ts';

const files = (planted: Planted['files']): Planted => ({ files: planted ?? {} });
const meminfo = (mib: number) => ({
  '/proc/meminfo': `MemTotal: 40000000 kB\nMemAvailable:   ${mib * 1024} kB\n`,
});

describe('memory', () => {
  it.each([
    ['0\n', 'ok'],
    ['2\n', 'ok'],
    ['1\n', 'failure'],
    [undefined, 'ok'],
  ])('is not shared between VMs: ksm/run %j is %s', async (run, severity) => {
    const planted = run === undefined ? {} : files({ '/sys/kernel/mm/ksm/run': run });
    expect(await examined(sharedPages, planted)).toMatchObject({ severity });
  });

  it('is not written to disk', async () => {
    const head = 'Filename\tType\tSize\tUsed\tPriority\n';
    const look = (lines: string) => examined(swap, files({ '/proc/swaps': head + lines }));
    expect(await look('')).toMatchObject({ severity: 'ok' });
    expect(await look('/dev/zram0   partition 1 0 100\n')).toMatchObject({ severity: 'ok' });
    expect(await look('/swap.img    file 4194300 0 -2\n')).toMatchObject({
      severity: 'warning',
      found: 'on /swap.img',
      mend: expect.stringContaining('swapoff -a'),
    });
  });

  it('tells of its errors, or nothing is claimed', async () => {
    const planted = files({
      '/sys/devices/system/edac/mc/mc0/ce_count': '0',
      '/sys/devices/system/edac/mc/power/x': '',
    });
    expect(await examined(errorCorrection, planted)).toMatchObject({
      severity: 'ok',
      found: '1 controllers tell of errors (EDAC)',
    });
    expect(await examined(errorCorrection, {})).toMatchObject({ severity: 'skipped' });
  });

  it('is as much as is offered to VMs', async () => {
    const offer = { memoryMib: 30_000, vms: 10 };
    expect(await examined(memoryBudget, files(meminfo(31_000)), offer)).toMatchObject({ severity: 'ok' });
    expect(await examined(memoryBudget, files(meminfo(30_100)), offer)).toMatchObject({
      severity: 'warning',
      found: "30000 MiB are offered, 30160 with the VMMs' own need for 10 VMs, 30100 are there",
      mend: expect.stringContaining('BELLOWS_HOST_MEMORY_MB=29940'),
    });
    expect(await examined(memoryBudget, files(meminfo(31_000)), { memoryMib: 500 })).toMatchObject({
      severity: 'failure',
      means: 'Not even a small VM fits.',
    });
    expect(await examined(memoryBudget, {})).toMatchObject({ severity: 'skipped' });
  });

  it('that running VMs hold counts as there', async () => {
    const planted = {
      ...files(meminfo(10_000)),
      programs: { ps: { out: ` ${15_000 * 1024}\n ${6_000 * 1024}\n` } },
    };
    expect(await examined(memoryBudget, planted)).toMatchObject({ severity: 'ok' });
  });

  it('does not lie idle', async () => {
    const path = '/proc/sys/vm/nr_hugepages';
    expect(await examined(hugePages, files({ [path]: '0\n' }))).toMatchObject({ severity: 'ok' });
    expect(await examined(hugePages, files({ [path]: '512\n' }))).toMatchObject({ severity: 'warning' });
  });
});
