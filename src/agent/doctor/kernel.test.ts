import { describe, expect, it } from 'vitest';
import {
  controlGroups,
  kernel,
  mountCount,
  openFiles,
  pageSize,
  quietConsole,
  seccomp,
  slowBoots,
  tableSizes,
} from './kernel.ts';
import { examined, type Planted } from './planted-host.fixture.ts';

const files = (planted: Planted['files']): Planted => ({ files: planted ?? {} });
const osrelease = '/proc/sys/kernel/osrelease';
const cgroup2 =
  '25 1 0:22 / / rw - ext4 /dev/vda rw\n30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n';
const cgroup1 = '30 25 0:26 / /sys/fs/cgroup rw,nosuid - tmpfs tmpfs rw\n';

describe('the kernel', () => {
  it.each([
    ['4.19.0-21-amd64', 'qemu', 'failure'],
    ['5.4.0', 'firecracker', 'failure'],
    ['5.10.0-33-amd64', 'firecracker', 'ok'],
    ['6.18.3', 'firecracker', 'ok'],
    ['6.8.0-31-generic', 'firecracker', 'warning'],
    ['6.8.0-31-generic', 'qemu', 'ok'],
    ['unheard of', 'qemu', 'skipped'],
  ] as const)('%s for %s is %s', async (release, driver, severity) => {
    expect(await examined(kernel, files({ [osrelease]: `${release}\n` }), { driver })).toMatchObject({
      severity,
    });
  });

  it.each([
    [{ out: '4096\n' }, 'ok'],
    [{ out: '65536\n' }, 'warning'],
    [{ code: 1 }, 'skipped'],
  ])('has pages of 4 KiB: %j is %s', async (output, severity) => {
    expect(await examined(pageSize, { programs: { getconf: output } })).toMatchObject({ severity });
  });

  it('holds VMs to their share by control groups of version 2', async () => {
    const controllers = '/sys/fs/cgroup/cgroup.controllers';
    const look = (mountinfo: string, text?: string) =>
      examined(
        controlGroups,
        files({ '/proc/self/mountinfo': mountinfo, ...(text && { [controllers]: text }) }),
      );
    expect(await look(cgroup2, 'cpuset cpu io memory hugetlb pids rdma misc\n')).toMatchObject({
      severity: 'ok',
    });
    expect(await look(cgroup2, 'cpu io pids\n')).toMatchObject({
      severity: 'failure',
      found: 'without memory',
    });
    expect(await look(cgroup1)).toMatchObject({
      severity: 'failure',
      found: '/sys/fs/cgroup is not of version 2 but of version 1',
      mend: expect.stringContaining('unified_cgroup_hierarchy=1'),
    });
    expect(await look('25 1 0:22 / / rw - ext4 /dev/vda rw\n')).toMatchObject({ severity: 'failure' });
    const all = 'cpuset cpu io memory pids\n';
    const handed = (text: string) => ({
      '/proc/self/mountinfo': cgroup2,
      [controllers]: all,
      '/sys/fs/cgroup/bellows.slice/vms/cgroup.controllers': text,
    });
    expect(await examined(controlGroups, files(handed('cpu memory pids\n')))).toMatchObject({
      severity: 'ok',
    });
    expect(await examined(controlGroups, files(handed('pids\n')))).toMatchObject({
      severity: 'failure',
      found: 'bellows.slice/vms is not handed cpu, memory',
    });
    expect(await examined(controlGroups, {}, { cgroup: undefined })).toMatchObject({
      severity: 'warning',
      found: 'turned off by BELLOWS_CGROUP',
    });
  });

  it.each([
    ['6.8.0', 'Not affected', 'auto', cgroup2, 'ok'],
    ['6.1.0', 'Not affected', 'never', cgroup2, 'ok'],
    ['6.1.0', 'Not affected', 'auto', cgroup2, 'warning'],
    ['6.1.0', 'KVM: Mitigation', 'auto', cgroup2, 'warning'],
    ['6.1.0', 'KVM: Mitigation', 'auto', cgroup2.replace('cgroup2 rw\n', 'cgroup2 rw,favordynmods\n'), 'ok'],
  ])('%s is not slow at starting VMs (%s, %s): %#', async (release, multihit, pages, mountinfo, severity) => {
    const planted = files({
      [osrelease]: release,
      '/sys/devices/system/cpu/vulnerabilities/itlb_multihit': multihit,
      '/sys/module/kvm/parameters/nx_huge_pages': `${pages}\n`,
      '/proc/self/mountinfo': mountinfo,
    });
    expect(await examined(slowBoots, planted)).toMatchObject({ severity });
  });

  it('filters system calls', async () => {
    const path = '/proc/sys/kernel/seccomp/actions_avail';
    const all = 'kill_process kill_thread trap errno log allow\n';
    expect(await examined(seccomp, files({ [path]: all }))).toMatchObject({ severity: 'ok' });
    expect(await examined(seccomp, files({ [path]: 'kill_thread errno\n' }))).toMatchObject({
      severity: 'failure',
    });
    expect(await examined(seccomp, {})).toMatchObject({ severity: 'failure' });
  });

  it('is quiet on its console', async () => {
    const path = '/proc/sys/kernel/printk';
    expect(await examined(quietConsole, files({ [path]: '4\t4\t1\t7\n' }))).toMatchObject({ severity: 'ok' });
    expect(await examined(quietConsole, files({ [path]: '7\t4\t1\t7\n' }))).toMatchObject({
      severity: 'warning',
    });
    expect(await examined(quietConsole, {})).toMatchObject({ severity: 'skipped' });
  });

  it('has few mounts', async () => {
    const many = (count: number) => files({ '/proc/self/mountinfo': cgroup1.repeat(count) });
    expect(await examined(mountCount, many(100))).toMatchObject({ severity: 'ok' });
    expect(await examined(mountCount, many(101))).toMatchObject({ severity: 'warning', found: '101' });
  });
});

describe("the kernel's tables", () => {
  const large = {
    '/proc/sys/kernel/pid_max': '4194304\n',
    '/proc/sys/kernel/threads-max': '190000\n',
    '/proc/sys/fs/file-max': '9223372036854775807\n',
    '/proc/sys/net/ipv4/neigh/default/gc_thresh3': '1024\n',
    '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
  };

  it('are measured by the VMs that may be here', async () => {
    expect(await examined(tableSizes, files(large), { vms: 100 })).toMatchObject({ severity: 'ok' });
    expect(await examined(tableSizes, files(large), { vms: 1000 })).toMatchObject({
      severity: 'warning',
      found:
        'net.ipv4.neigh.default.gc_thresh3 1024 of 2256, net.netfilter.nf_conntrack_max 262144 of 2064384',
      mend: expect.stringMatching(/^sudo sysctl -w net\.ipv4\.neigh\.default\.gc_thresh3=2256 net/),
    });
    // A network of QEMU's own takes nothing of these.
    const own = { vms: 1000, network: 'open' } as const;
    expect(await examined(tableSizes, files(large), own)).toMatchObject({ severity: 'ok' });
    expect(await examined(tableSizes, {})).toMatchObject({ severity: 'skipped' });
  });

  it.each([
    ['1048576', 'ok'],
    ['unlimited', 'ok'],
    ['1024', 'warning'],
  ])('of open files: %s is %s', async (hard, severity) => {
    const path = '/proc/self/limits';
    const text = `Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 ${hard}              files\n`;
    expect(await examined(openFiles, files({ [path]: text }))).toMatchObject({ severity });
  });
});
