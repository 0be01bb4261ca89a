// What the kernel must be able to do, and how many of everything it allows.

import { defineCheck, failure, fine, type Plan, skipped, warning } from './check.ts';
import { allOf } from './gather.ts';
import { isKernelAtLeast, kernelVersion, linesOf, mountOf, mountsIn } from './proc-text.ts';

/** Firecracker's kernel policy. */
const testedKernels = ['5.10', '6.1', '6.18'];

export const kernel = defineCheck({
  id: 'kernel',
  group: 'kernel',
  title: 'The kernel is new enough',
  means: 'KVM, the jail and the firewall need what older kernels lack.',
  mend: 'Upgrade to a kernel of 5.10 or newer.',
  look: ({ host }) => ({ release: host.text('/proc/sys/kernel/osrelease') }),
  judge: ({ release }, { driver }) => {
    const version = release === undefined ? undefined : kernelVersion(release);
    if (release === undefined || version === undefined) return skipped('the kernel does not tell');
    if (!isKernelAtLeast(release, 5, 10)) return failure(release.trim());
    const isTested = testedKernels.includes(`${version.major}.${version.minor}`);
    if (driver === 'qemu' || isTested) return fine(release.trim());
    return warning(release.trim(), {
      means: `Firecracker is tested by its makers on ${testedKernels.join(', ')} only.`,
      mend: "It will most likely work; prefer one of these kernels for strangers' jobs.",
    });
  },
});

export const pageSize = defineCheck({
  id: 'page-size',
  group: 'kernel',
  title: 'Memory pages are of 4 KiB',
  means: 'VMMs are tested with such pages only.',
  mend: 'Use a kernel with 4 KiB pages.',
  look: ({ host }) => ({ size: host.run('getconf', ['PAGESIZE']) }),
  judge: ({ size }) => {
    const bytes = Number(size?.out);
    if (size === undefined || size.code !== 0) return skipped('getconf is missing');
    return bytes === 4096 ? fine('4 KiB') : warning(`${bytes} bytes`);
  },
});

const neededControllers = ['cpu', 'memory', 'io', 'pids'];

export const controlGroups = defineCheck({
  id: 'control-groups',
  group: 'kernel',
  title: 'Control groups (v2) can hold VMs to their share',
  means: 'A single VM can take all of the host: nothing holds its memory, processes and disk traffic.',
  mend: 'Boot with systemd.unified_cgroup_hierarchy=1 and without cgroup_disable on the kernel command line (the default of Debian 11, Ubuntu 22.04 and newer).',
  look: ({ host }, { cgroup = '' }) => ({
    mountinfo: host.text('/proc/self/mountinfo'),
    controllers: host.text('/sys/fs/cgroup/cgroup.controllers'),
    // Absent until the agent makes it.
    handed: host.text(`/sys/fs/cgroup/${cgroup}/cgroup.controllers`),
  }),
  judge: ({ mountinfo = '', controllers, handed }, { cgroup }) => {
    if (cgroup === undefined)
      return warning('turned off by BELLOWS_CGROUP', {
        mend: 'Take BELLOWS_CGROUP=off out of the settings of the agent.',
      });
    const type = mountOf(mountsIn(mountinfo), '/sys/fs/cgroup')?.type;
    if (type !== 'cgroup2' || controllers === undefined)
      return failure(
        `/sys/fs/cgroup is not of version 2 but ${type === 'tmpfs' ? 'of version 1' : (type ?? 'missing')}`,
      );
    const missing = missingIn(controllers);
    if (missing.length > 0) return failure(`without ${missing.join(', ')}`);
    const withheld = handed === undefined ? [] : missingIn(handed).filter((name) => name !== 'io');
    return withheld.length === 0
      ? fine(neededControllers.join(', '))
      : failure(`${cgroup} is not handed ${withheld.join(', ')}`, {
          mend: 'Restart the agent, which switches them on; where another program switches them off again, name another group in BELLOWS_CGROUP.',
        });
  },
});

function missingIn(controllers: string): readonly string[] {
  const there = controllers.trim().split(/\s+/);
  return neededControllers.filter((name) => !there.includes(name));
}

/** Firecracker's production host setup recommendations, "Linux 6.1 boot time regressions". */
export const slowBoots = defineCheck({
  id: 'slow-boots',
  group: 'kernel',
  title: 'Boots are not held up by the kernel',
  means: 'On kernel 6.1 each VM starts some 100 ms later than it could.',
  mend: 'Processor not affected by itlb_multihit: set kvm.nx_huge_pages=never. Otherwise: sudo mount -o remount,favordynmods /sys/fs/cgroup',
  applies: ({ arch, driver }) => arch === 'x64' && driver === 'firecracker',
  look: ({ host }) => ({
    release: host.text('/proc/sys/kernel/osrelease'),
    multihit: host.text('/sys/devices/system/cpu/vulnerabilities/itlb_multihit'),
    hugePages: host.text('/sys/module/kvm/parameters/nx_huge_pages'),
    mountinfo: host.text('/proc/self/mountinfo'),
  }),
  judge: ({ release = '', multihit = '', hugePages = '', mountinfo = '' }) => {
    const version = kernelVersion(release);
    if (version?.major !== 6 || version.minor !== 1) return fine('not this kernel');
    if (multihit.startsWith('Not affected'))
      return /^(never|N)/.test(hugePages)
        ? fine('nx_huge_pages=never')
        : warning(`nx_huge_pages=${hugePages.trim()}`);
    const group = mountsIn(mountinfo).find(({ type }) => type === 'cgroup2');
    return linesOf(mountinfo).some((line) => line.includes('favordynmods'))
      ? fine('favordynmods')
      : warning(`${group?.point ?? '/sys/fs/cgroup'} is mounted without favordynmods`);
  },
});

export const seccomp = defineCheck({
  id: 'seccomp',
  group: 'kernel',
  title: 'System calls of a VMM can be filtered',
  means: 'A job that breaks out of its VM finds the whole kernel open.',
  mend: 'Use a kernel with CONFIG_SECCOMP_FILTER.',
  look: ({ host }) => ({ actions: host.text('/proc/sys/kernel/seccomp/actions_avail') }),
  judge: ({ actions }) => {
    const there = actions?.trim().split(/\s+/) ?? [];
    return there.includes('trap') && there.includes('kill_process') ? fine('yes') : failure('no');
  },
});

export const quietConsole = defineCheck({
  id: 'quiet-console',
  group: 'kernel',
  title: 'The kernel does not chatter on its console',
  means: 'Each line on a slow console holds up the start and the end of VMs.',
  mend: 'sudo sysctl kernel.printk="4 4 1 7"; for good add quiet loglevel=1 to the kernel command line.',
  look: ({ host }) => ({ printk: host.text('/proc/sys/kernel/printk') }),
  judge: ({ printk }) => {
    const level = Number(printk?.split(/\s+/)[0]);
    if (printk === undefined) return skipped('the kernel does not tell');
    return level <= 4 ? fine(`level ${level}`) : warning(`level ${level}`);
  },
});

const manyMounts = 100;

export const mountCount = defineCheck({
  id: 'mounts',
  group: 'kernel',
  title: 'There are few mounts',
  means:
    'Each jail copies the list of mounts: with many, and several starts at once, VMs start ten times slower.',
  mend: 'Keep other services with many mounts (Docker, Kubernetes, snaps) off this host.',
  look: ({ host }) => ({ mountinfo: host.text('/proc/self/mountinfo') }),
  judge: ({ mountinfo }) => {
    if (mountinfo === undefined) return skipped('the kernel does not tell');
    const count = mountsIn(mountinfo).length;
    return count <= manyMounts ? fine(`${count}`) : warning(`${count}`);
  },
});

interface Limit {
  path: string;
  setting: string;
  needed(vms: number): number;
  onTapOnly?: true;
}

/** What a VM takes of each table; the rest is the host's own. Threads: its processors, its devices, its VMM. */
const limits: readonly Limit[] = [
  { path: '/proc/sys/kernel/pid_max', setting: 'kernel.pid_max', needed: (vms) => 4096 + 64 * vms },
  { path: '/proc/sys/kernel/threads-max', setting: 'kernel.threads-max', needed: (vms) => 4096 + 64 * vms },
  { path: '/proc/sys/fs/file-max', setting: 'fs.file-max', needed: (vms) => 16_384 + 256 * vms },
  {
    path: '/proc/sys/net/ipv4/neigh/default/gc_thresh3',
    setting: 'net.ipv4.neigh.default.gc_thresh3',
    needed: (vms) => 256 + 2 * vms,
    onTapOnly: true,
  },
  {
    path: '/proc/sys/net/netfilter/nf_conntrack_max',
    setting: 'net.netfilter.nf_conntrack_max',
    needed: (vms) => 16_384 + 2048 * vms,
    onTapOnly: true,
  },
];

const limitsFor = ({ network }: Plan): readonly Limit[] =>
  limits.filter(({ onTapOnly }) => onTapOnly !== true || network === 'tap');

export const tableSizes = defineCheck({
  id: 'table-sizes',
  group: 'kernel',
  title: "The kernel's tables are large enough for all VMs",
  means: 'On a full host VMs fail to start, or lose connections.',
  mend: 'Raise them with sudo sysctl -w, and for good in /etc/sysctl.d.',
  look: ({ host }, plan) => ({
    values: allOf(Object.fromEntries(limitsFor(plan).map(({ path, setting }) => [setting, host.text(path)]))),
  }),
  judge: ({ values = {} }, plan) => {
    const told = limitsFor(plan).flatMap(({ setting, needed }) => {
      const text = values[setting];
      return text === undefined ? [] : [{ setting, value: Number(text), needed: needed(plan.vms) }];
    });
    const small = told.filter(({ value, needed }) => value < needed);
    if (told.length === 0) return skipped('the kernel does not tell');
    if (small.length === 0) return fine(`enough for ${plan.vms} VMs`);
    return warning(small.map(({ setting, value, needed }) => `${setting} ${value} of ${needed}`).join(', '), {
      mend: `sudo sysctl -w ${small.map(({ setting, needed }) => `${setting}=${needed}`).join(' ')}, and for good in /etc/sysctl.d`,
    });
  },
});

export const openFiles = defineCheck({
  id: 'open-files',
  group: 'kernel',
  title: 'The agent may open enough files',
  means: 'With many VMs the agent can open no further sockets, and new VMs fail.',
  mend: "Raise the limit: ulimit -n 65536, or LimitNOFILE=65536 in the systemd unit. What counts is the agent's own limit; here it is that of the doctor.",
  look: ({ host }) => ({ limits: host.text('/proc/self/limits') }),
  judge: ({ limits: text }, { vms }) => {
    const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(text ?? '')?.[1];
    if (hard === undefined) return skipped('the kernel does not tell');
    const needed = 1024 + 16 * vms;
    return hard === 'unlimited' || Number(hard) >= needed ? fine(hard) : warning(`${hard} of ${needed}`);
  },
});

export const kernelChecks = [
  kernel,
  pageSize,
  controlGroups,
  slowBoots,
  seccomp,
  quietConsole,
  mountCount,
  tableSizes,
  openFiles,
];
