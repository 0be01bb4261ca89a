// A VMM that was taken over, or grows by what its guest does: held by the host's control groups. Machines without version 2
// of them show it in a Debian of our own, with plain processes in the VMM's place and the limits that the product writes.

import { limitFiles, qemuOverhead } from '../../../src/adapters/linux-cgroup/limit-files.ts';
import type { CageLimits } from '../../../src/ports/vm-cage.ts';
import { bootSystemdGuest, type SystemdGuest } from '../../support/systemd-guest/boot-guest.ts';
import { type Finding, tell } from '../finding.ts';
import { proveQuota, quotaAttackName, quotaDisk } from './quota.ts';

const limits: CageLimits = { milliCpus: 500, burstable: false, vcpus: 1, memoryMib: 64 };
/** Far below what any disk can, also one that others keep busy: without the limit it must be seen to be faster. */
const diskBytesPerSecond = 2_000_000;
const diskMib = 24;
/** Emulated, on processors that others use too. */
const patienceMs = 240_000;
const group = '/sys/fs/cgroup/bellows/vm-0';

interface CageAttack {
  name: string;
  /** The file of the control group whose limit stops it, and what stands there when there is none. */
  file: string;
  unlimited: (device: string) => string;
  attempt(host: SystemdGuest, limit: string): Promise<{ got: boolean; seen: string }>;
}

/** Runs a script as if it were the VMM. */
const caged = (script: string, shell = 'bash'): string =>
  `${shell} -c 'echo $$ > ${group}/cgroup.procs; ${script}'`;

const attacks: readonly CageAttack[] = [
  {
    name: 'processor-hog',
    file: 'cpu.max',
    unlimited: () => 'max',
    attempt: async (host) => {
      const spin = 'for i in 1 2; do while :; do :; done & done; sleep 5; kill $(jobs -p)';
      const used = `awk "/usage_usec/ {print \\$2}" ${group}/cpu.stat`;
      const now = `echo $(${used}) $(($(date +%s%N) / 1000))`;
      const text = await host.ask(`${now}; ${caged(spin)}; ${now}`, patienceMs);
      const [usedBefore = 0, before = 0, usedAfter = 0, after = 0] = text.split(/\s+/).map(Number);
      const processors = (usedAfter - usedBefore) / (after - before);
      return {
        got: processors > (limits.milliCpus / 1000) * 1.5,
        seen: `${processors.toFixed(2)} processors`,
      };
    },
  },
  {
    name: 'vmm-memory',
    file: 'memory.max',
    unlimited: () => 'max',
    attempt: async (host, limit) => {
      const mib = Math.round((Number(limit) / 2 ** 20) * 2);
      const hog = `dd if=/dev/zero of=/dev/null bs=${mib}M count=1 iflag=fullblock 2>/dev/null && echo held`;
      const got = (await host.run(caged(hog), patienceMs)).stdout.includes('held');
      return { got, seen: got ? `held ${mib} MiB` : 'ended by the kernel' };
    },
  },
  {
    name: 'vmm-fork-bomb',
    file: 'pids.max',
    unlimited: () => 'max',
    attempt: async (host, limit) => {
      const wanted = Number(limit) + 150;
      // Dash gives up at the first process that it does not get; bash would try for minutes.
      const bomb = `i=0; while [ $i -lt ${wanted} ]; do (: </run/never) & i=$((i + 1)); done`;
      // Counted and ended in the same command: it is not over before its children are.
      const count = await host.ask(
        `mkfifo /run/never; ${caged(bomb, 'dash')} 2>/dev/null; cat ${group}/pids.current; echo 1 > ${group}/cgroup.kill; rm /run/never`,
        patienceMs,
      );
      return { got: Number(count) > Number(limit), seen: `${count} processes` };
    },
  },
  {
    name: 'vmm-disk-hog',
    file: 'io.max',
    unlimited: (device) => `${device} rbps=max wbps=max riops=max wiops=max`,
    attempt: async (host) => {
      const write = `dd if=/dev/zero of=/dev/disk/by-id/virtio-data bs=1M count=${diskMib} oflag=direct 2>/dev/null`;
      const text = await host.ask(
        `a=$(date +%s%N); ${caged(write)}; b=$(date +%s%N); echo $((b - a))`,
        patienceMs,
      );
      const bytesPerSecond = (diskMib * 2 ** 20) / (Number(text) / 1e9);
      return {
        got: bytesPerSecond > diskBytesPerSecond * 1.5,
        seen: `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`,
      };
    },
  },
];

export const cageAttackNames = [...attacks.map(({ name }) => name), quotaAttackName];

/** @throws when the Debian cannot be made or booted here. */
export async function proveCage(say: (line: string) => unknown): Promise<Finding[]> {
  const host = await bootSystemdGuest({ disks: [{ name: 'data', sizeMib: 128 }, quotaDisk] });
  const findings: Finding[] = [];
  try {
    const device = await host.ask('lsblk -dnro MAJ:MIN $(readlink -f /dev/disk/by-id/virtio-data)');
    const files = limitFiles(limits, qemuOverhead, { device, bytesPerSecond: diskBytesPerSecond });
    const switchOn = 'echo +cpu +memory +pids +io >';
    await host.ask(
      `${switchOn} /sys/fs/cgroup/cgroup.subtree_control; mkdir -p ${group}; ${switchOn} ${group}/../cgroup.subtree_control`,
    );
    for (const [file, text] of files) await host.ask(`echo '${text}' > ${group}/${file}`);
    for (const attack of attacks) {
      const limit = files.get(attack.file) ?? '';
      const judged = await judge(host, attack, limit, attack.unlimited(device)).catch((error: unknown) => ({
        blocked: false,
        control: false,
        seen: `could not be judged: ${String(error)}`,
      }));
      const finding = { name: attack.name, stops: `${attack.file} of the VM's control group`, ...judged };
      tell(finding, say);
      findings.push(finding);
    }
    findings.push(await proveQuota(host, say));
  } finally {
    await host.close();
  }
  return findings;
}

async function judge(host: SystemdGuest, { file, attempt }: CageAttack, limit: string, unlimited: string) {
  const blocked = await attempt(host, limit);
  await emptied(host);
  await host.ask(`echo '${unlimited}' > ${group}/${file}`);
  const control = await attempt(host, limit);
  await emptied(host);
  await host.ask(`echo '${limit}' > ${group}/${file}`);
  const seen = `${blocked.seen}; without the limit: ${control.seen}`;
  return { blocked: !blocked.got, control: control.got, seen };
}

async function emptied(host: SystemdGuest): Promise<void> {
  await host.ask(
    `echo 1 > ${group}/cgroup.kill; until grep -q 'populated 0' ${group}/cgroup.events; do sleep 0.1; done`,
  );
}
