import { describe, expect, it } from 'vitest';
import { vmId } from '../../domain/ids.ts';
import { CageError, type CageLimits } from '../../ports/vm-cage.ts';
import { noCage } from '../linux-cgroup/no-cage.ts';
import { quotaMount, withDiskQuota } from './disk-quota.ts';

const vm = vmId('vm-0123456789ab');
const share = { milliCpus: 1000, burstable: false, vcpus: 1, memoryMib: 1024 };
const limits: CageLimits = { ...share, disk: { user: 200_007, gib: 20 } };

describe('the quota of a VM', () => {
  it('is that of its user: its disk and a little, lifted when it is gone', async () => {
    const calls: string[] = [];
    const cage = withDiskQuota(noCage(), '/var/lib/bellows', async (program, args) => {
      calls.push([program, ...args].join(' '));
    });
    await cage.open(vm, limits);
    await cage.open(vm, limits);
    await cage.close(vm);
    await cage.close(vm);
    const set = `setquota -u 200007 0 ${(20 * 1024 + 64) * 1024} 0 1024 /var/lib/bellows`;
    expect(calls).toEqual([set, set, 'setquota -u 200007 0 0 0 0 /var/lib/bellows']);
  });

  it('is not set where a VM has no user of its own', async () => {
    const cage = withDiskQuota(noCage(), '/x', () => Promise.reject(new Error('bug: nobody to be held')));
    await cage.open(vm, share);
    await cage.close(vm);
  });

  it('that cannot be set keeps the VM from starting', async () => {
    const cage = withDiskQuota(noCage(), '/x', () => Promise.reject(new Error('ENOENT')));
    const refusal = await cage.open(vm, limits).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CageError);
    expect(String(refusal)).toContain('apt-get install quota');
  });
});

describe('the file system of a folder', () => {
  const mounts = [
    '/dev/sda1 / ext4 rw,relatime,usrquota 0 0',
    '/dev/sdb /var/lib/bellows ext4 rw,noatime,quota,usrquota 0 0',
    '/dev/sdc /var/lib/bellows\\040two ext4 rw,noatime 0 0',
    '',
  ].join('\n');

  it.each([
    ['/var/lib/bellows/agent/disks', '/var/lib/bellows'],
    ['/var/lib/bellows', '/var/lib/bellows'],
    ['/var/lib/bellowsish', '/'],
    ['/var/lib/bellows two/disks', undefined],
  ])('of %s that holds users to quotas is mounted at %s', (folder, point) => {
    expect(quotaMount(mounts, folder)).toBe(point);
  });

  it('that holds only projects does not hold users', () => {
    expect(quotaMount('/dev/sda1 / ext4 rw,prjquota 0 0', '/var')).toBeUndefined();
  });
});
