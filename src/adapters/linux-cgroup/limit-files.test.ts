import { fc, it as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { CageLimits } from '../../ports/vm-cage.ts';
import { limitFiles, qemuOverhead } from './limit-files.ts';

const quarter: CageLimits = { milliCpus: 250, vcpus: 1, burstable: false, memoryMib: 512 };
const contentOf = (limits: CageLimits, name: string) => limitFiles(limits, qemuOverhead, undefined).get(name);

describe('the limits of a control group', () => {
  it('cap a quarter of a processor at a quarter of the time', () => {
    expect(contentOf(quarter, 'cpu.max')).toBe('25000 100000');
  });

  it('let a burstable one take its whole virtual processors when nobody else wants them, but not more', () => {
    expect(contentOf({ ...quarter, burstable: true }, 'cpu.max')).toBe('100000 100000');
  });

  it('weigh VMs by what was promised, burstable or not', () => {
    expect(contentOf(quarter, 'cpu.weight')).toBe('25');
    expect(contentOf({ ...quarter, burstable: true }, 'cpu.weight')).toBe('25');
    expect(contentOf({ ...quarter, milliCpus: 4000, vcpus: 4 }, 'cpu.weight')).toBe('400');
  });

  it('leave the VMM room beside its guest, and none in the swap', () => {
    expect(Number(contentOf(quarter, 'memory.max')) / 1024 ** 2).toBe(512 + 16 + 384);
    expect(contentOf(quarter, 'memory.swap.max')).toBe('0');
  });

  it('bound the processes, and end all of a VMM when one of it takes too much memory', () => {
    expect(contentOf(quarter, 'pids.max')).toBe('512');
    expect(contentOf(quarter, 'memory.oom.group')).toBe('1');
  });

  it('name the disk only when it has a ceiling, and leave open what was not given', () => {
    expect(contentOf(quarter, 'io.max')).toBeUndefined();
    const disk = { device: '8:0', bytesPerSecond: 1000 };
    expect(limitFiles(quarter, qemuOverhead, disk).get('io.max')).toBe(
      '8:0 rbps=1000 wbps=1000 riops=max wiops=max',
    );
  });

  property.prop([fc.integer({ min: 1, max: 512_000 }), fc.integer({ min: 1, max: 512 }), fc.boolean()])(
    'are always what the kernel takes',
    (milliCpus, vcpus, burstable) => {
      const limits = { milliCpus, vcpus, burstable, memoryMib: 256 };
      const weight = Number(contentOf(limits, 'cpu.weight'));
      expect(weight).toBeGreaterThanOrEqual(1);
      expect(weight).toBeLessThanOrEqual(10_000);
      const [quota] = String(contentOf(limits, 'cpu.max')).split(' ').map(Number);
      expect(quota).toBeGreaterThanOrEqual(1000);
    },
  );
});
