// What the processor must offer, and what it must not leak from one VM to another.

import { defineCheck, failure, fine, skipped, warning } from './check.ts';
import { textsIn } from './gather.ts';
import { cpuFlag, cpuValue, isKernelAtLeast, linesOf } from './proc-text.ts';

const vulnerabilityFolder = '/sys/devices/system/cpu/vulnerabilities';

export const architecture = defineCheck({
  id: 'architecture',
  group: 'processor',
  title: 'The processor can run VMs',
  means: 'No VM can start on this host.',
  mend: 'Use a host with an x86-64 or 64-bit ARM processor.',
  look: ({ host }) => ({ machine: host.run('uname', ['-m']) }),
  judge: ({ machine }) => {
    const name = machine?.out.trim() ?? '';
    if (name === 'x86_64' || name === 'aarch64') return fine(name);
    return name === '' ? skipped('uname is missing') : failure(name);
  },
});

/** That /dev/kvm is there proves nothing: only a guest that came up does. */
export const kvm = defineCheck({
  id: 'kvm',
  group: 'processor',
  title: 'A guest comes up under KVM',
  means:
    'VMs run in software emulation, about ten times slower: enough to try Bellows, not to work with it. Firecracker cannot run at all.',
  mend: 'Use a host with hardware virtualisation: a bare-metal server, or a cloud machine with nested virtualisation; on your own server turn on VT-x or AMD-V in its firmware.',
  look: ({ kvm }) => ({ truth: kvm() }),
  judge: ({ truth }) => {
    if (truth.guests === 'untried') return skipped(truth.reason, truth.mend);
    return truth.guests === 'run'
      ? fine(truth.reason)
      : failure(`KVM cannot run a guest here: ${truth.reason}`);
  },
});

export const otherHypervisors = defineCheck({
  id: 'other-hypervisors',
  group: 'processor',
  title: 'No other hypervisor holds the processor',
  means: 'While VirtualBox or VMware runs a machine, KVM answers "Resource busy" and VMs fail to start.',
  mend: 'Unload it: sudo modprobe -r vboxnetadp vboxnetflt vboxdrv (or vmmon)',
  look: ({ host }) => ({ modules: host.text('/proc/modules') }),
  judge: ({ modules }) => {
    const loaded = linesOf(modules ?? '').map((line) => line.split(' ')[0] ?? '');
    const others = loaded.filter((name) => name === 'vboxdrv' || name === 'vmmon');
    return others.length === 0 ? fine('none') : warning(`loaded: ${others.join(', ')}`);
  },
});

export const bareMetal = defineCheck({
  id: 'bare-metal',
  group: 'processor',
  title: 'The host is no virtual machine itself',
  means: 'VMs inside a VM are slower, and less is known of how well they are kept apart.',
  mend: "For strangers' jobs use a bare-metal server.",
  applies: ({ arch }) => arch === 'x64',
  look: ({ host }) => ({ cpuinfo: host.text('/proc/cpuinfo') }),
  judge: ({ cpuinfo = '' }) =>
    cpuFlag(cpuinfo, 'hypervisor') ? warning('it runs under a hypervisor') : fine('bare metal'),
});

export const nestedPages = defineCheck({
  id: 'nested-pages',
  group: 'processor',
  title: 'Second-level page tables are on',
  means: 'KVM translates the memory of guests by software: they are much slower.',
  mend: 'Load the module with them: echo "options kvm_intel ept=1" | sudo tee /etc/modprobe.d/kvm.conf (kvm_amd: npt=1), and reboot.',
  applies: ({ arch }) => arch === 'x64',
  look: ({ host }) => ({
    ept: host.text('/sys/module/kvm_intel/parameters/ept'),
    npt: host.text('/sys/module/kvm_amd/parameters/npt'),
  }),
  judge: ({ ept, npt }) => {
    const value = (ept ?? npt)?.trim();
    if (value === undefined) return skipped('the kernel has no module of KVM that tells');
    return /^[Y1]$/.test(value) ? fine('on') : warning('off');
  },
});

export const smt = defineCheck({
  id: 'smt',
  group: 'processor',
  title: 'Simultaneous multithreading is off',
  means:
    'Two VMs may share a processor core at the same moment, and one can learn secrets of the other by its timing.',
  mend: 'echo off | sudo tee /sys/devices/system/cpu/smt/control; for good add nosmt to the kernel command line. Where all jobs are of one organisation you may leave it on.',
  applies: ({ arch }) => arch === 'x64',
  look: ({ host }) => ({ active: host.text('/sys/devices/system/cpu/smt/active') }),
  judge: ({ active }) => {
    if (active === undefined) return skipped('the kernel does not tell');
    return active.trim() === '0' ? fine('off') : warning('on');
  },
});

export const vulnerabilities = defineCheck({
  id: 'vulnerabilities',
  group: 'processor',
  title: 'The kernel mitigates what is wrong with the processor',
  means: 'A job may read memory of the host or of other VMs through the processor.',
  mend: 'Upgrade kernel and microcode, take mitigations=off from the kernel command line, and reboot: sudo apt-get install --only-upgrade linux-image-$(dpkg --print-architecture) intel-microcode amd64-microcode',
  look: ({ host }) => ({ told: textsIn(host, vulnerabilityFolder) }),
  judge: ({ told }) => {
    if (told === undefined) return skipped('the kernel does not tell');
    const bad = told.filter(
      ([name, state]) => /\bVulnerable\b|VMX: vulnerable/.test(state) && name !== 'old_microcode',
    );
    return bad.length === 0
      ? fine(`${told.length} kinds of attack: none works, as far as the kernel knows`)
      : warning(`vulnerable to ${bad.map(([name]) => name).join(', ')}`);
  },
});

export const microcode = defineCheck({
  id: 'microcode',
  group: 'processor',
  title: 'The microcode is current',
  means: 'Known faults of the processor are not mended.',
  mend: 'sudo apt-get install intel-microcode (or amd64-microcode), and reboot',
  applies: ({ arch }) => arch === 'x64',
  look: ({ host }) => ({
    cpuinfo: host.text('/proc/cpuinfo'),
    old: host.text(`${vulnerabilityFolder}/old_microcode`),
  }),
  judge: ({ cpuinfo = '', old }) => {
    const revision = cpuValue(cpuinfo, 'microcode');
    if (cpuFlag(cpuinfo, 'hypervisor')) return skipped('the hypervisor below hides it');
    if (old === undefined || revision === undefined)
      return skipped(`revision ${revision ?? 'unknown'}; kernels before 6.16 cannot tell whether it is old`);
    return /^Vulnerable/.test(old) ? warning(`revision ${revision} is old`) : fine(`revision ${revision}`);
  },
});

export const speculativeStores = defineCheck({
  id: 'speculative-stores',
  group: 'processor',
  title: 'Speculative stores can be held back',
  means: 'A job may read memory of its VMM that it should not see.',
  mend: 'Upgrade the kernel and the firmware.',
  applies: ({ arch }) => arch === 'arm64',
  look: ({ host }) => ({ status: host.text('/proc/self/status') }),
  judge: ({ status = '' }) => {
    const state = /^Speculation_Store_Bypass:\s*(.+)$/m.exec(status)?.[1];
    if (state === undefined) return skipped('the kernel does not tell');
    return /vulnerable|unknown/.test(state) && !state.includes('not vulnerable')
      ? warning(state)
      : fine(state);
  },
});

export const counterOffset = defineCheck({
  id: 'counter-offset',
  group: 'processor',
  title: 'Guests have a counter of their own',
  means: 'Guests read the physical counter of the host, and learn by it how long it has been up.',
  mend: 'Use a kernel of 6.4 or newer.',
  applies: ({ arch }) => arch === 'arm64',
  look: ({ host }) => ({ release: host.text('/proc/sys/kernel/osrelease') }),
  judge: ({ release }) => {
    if (release === undefined) return skipped('the kernel does not tell');
    return isKernelAtLeast(release, 6, 4) ? fine(release.trim()) : warning(`kernel ${release.trim()}`);
  },
});

export const governor = defineCheck({
  id: 'governor',
  group: 'processor',
  title: 'The processor runs at full clock',
  means: 'Jobs take longer than they need, and not equally long each time.',
  mend: 'sudo cpupower frequency-set -g performance (package linux-cpupower)',
  look: ({ host }) => ({ name: host.text('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor') }),
  judge: ({ name }) => {
    if (name === undefined) return skipped('this processor lets nobody choose');
    return name.trim() === 'performance' ? fine('performance') : warning(`governor ${name.trim()}`);
  },
});

export const processorChecks = [
  architecture,
  kvm,
  otherHypervisors,
  bareMetal,
  nestedPages,
  smt,
  vulnerabilities,
  microcode,
  speculativeStores,
  counterOffset,
  governor,
];
