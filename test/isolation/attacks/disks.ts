// What lies on disks: the image that all VMs share, the VM's own disk, and a neighbour's. Their controls need a machine whose
// disks are given without those limits, so each attack is two orders: one for a VM as it is, one for the looser one.

import { cp, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../attack.ts';
import { type Finding, tell } from '../finding.ts';
import { boot, diskMibPerSecond, type Ground, neighbourSecret, scratchGib, vms } from '../ground.ts';
import { type Guest, looserQemu } from '../guest.ts';

export interface DiskAttack {
  readonly name: string;
  readonly stops: string;
  /** @returns whether the attack succeeded, and a figure or word about it. */
  attempt(guest: Guest, rootPath: string): Promise<{ got: boolean; seen: string }>;
}

const graffiti = 'the attacker was in the image';

export const diskAttacks: readonly DiskAttack[] = [
  rootWrite('root-image-write', false),
  rootWrite('root-image-write-unlocked', true),
  {
    name: 'neighbours-disk',
    stops: 'a VM is given no disk but its own and the image',
    attempt: async (guest) => {
      const list = await guest.order('run', { script: 'ls /dev/vd[b-z] /dev/sd* /dev/nvme* 2>/dev/null' });
      const paths = String(list.out)
        .split('\n')
        .filter((path) => path !== '');
      const { found } = await guest.order('find_text', { text: neighbourSecret, paths });
      const got = Array.isArray(found) && found.length > 0;
      return { got, seen: `looked on ${paths.join(', ')}` };
    },
  },
  {
    name: 'disk-rate',
    stops: `the disks are held to ${diskMibPerSecond} MiB/s together`,
    attempt: async (guest) => {
      const { rate } = await guest.order('read_raw', { path: '/dev/vda', megabytes: 4 * diskMibPerSecond });
      const mibPerSecond = Math.round(Number(rate) / 2 ** 20);
      return { got: mibPerSecond > diskMibPerSecond * 1.5, seen: `${mibPerSecond} MiB/s` };
    },
  },
  {
    name: 'disk-filler',
    stops: `the disk's size, ${scratchGib} GiB`,
    attempt: async (guest) => {
      const script =
        'dd if=/dev/zero of=/var/tmp/fill bs=1M count=1200 2>&1; sync; df -m / | tail -1; rm /var/tmp/fill';
      // Far more than it takes: what is cut short has not failed by the limit.
      const { out } = await guest.order('run', { script, seconds: 900 });
      const { blocks } = await stat(guest.machine.scratchPath);
      const mib = Math.round((blocks * 512) / 2 ** 20);
      return {
        got: mib > scratchGib * 1024,
        seen: `${mib} MiB on the host${/No space/.test(String(out)) ? ', then "no space left"' : ''}`,
      };
    },
  },
];

function rootWrite(name: string, unlocks: boolean): DiskAttack {
  return {
    name,
    stops: 'the image is attached read-only',
    attempt: async (guest, rootPath) => {
      const said = await guest.order('write_root_disk', { text: `${graffiti} ${name}`, clear_flag: unlocks });
      const got = (await lastSector(rootPath)).includes(`${graffiti} ${name}`);
      return { got, seen: String(said.error ?? 'it was told that it wrote') };
    },
  };
}

async function lastSector(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(512), 0, 512, size - 512);
    return buffer.toString('latin1');
  } finally {
    await file.close();
  }
}

/** The attacker's VM ends, and one takes its place whose QEMU was given its disks without limits. */
export async function proveDisks(
  ground: Ground,
  lab: Lab,
  say: (line: string) => unknown,
): Promise<Finding[]> {
  const { attacker, neighbour } = lab;
  const first = new Map<string, { got: boolean; seen: string }>();
  for (const { name, attempt } of diskAttacks)
    first.set(name, await attempt(attacker, attacker.machine.rootPath));
  await attacker.driver.stop(attacker.vm);
  await lab.network.close(attacker.vm);

  const rootPath = join(ground.folder, 'writable-root');
  await cp(attacker.machine.rootPath, rootPath);
  const other = {
    driver: 'raw',
    'node-name': 'other',
    'read-only': true,
    'force-share': true,
    file: { driver: 'file', filename: neighbour.machine.scratchPath },
  };
  const program = await looserQemu(
    join(ground.folder, 'looser-qemu'),
    [
      ['"read-only":true', '"read-only":false'],
      [attacker.machine.rootPath, rootPath],
    ],
    ['-blockdev', JSON.stringify(other), '-device', 'virtio-blk-pci,drive=other'],
  );
  say('a VM boots whose disks have no limits');
  const looser = await boot(ground, vms.looser, undefined, program);
  const findings: Finding[] = [];
  for (const { name, stops, attempt } of diskAttacks) {
    const blocked = first.get(name) ?? { got: true, seen: '' };
    const control = await attempt(looser, rootPath);
    const seen = `${blocked.seen}; without the limit: ${control.seen}`;
    const finding = { name, stops, blocked: !blocked.got, control: control.got, seen };
    tell(finding, say);
    findings.push(finding);
  }
  await looser.driver.stop(looser.vm);
  await lab.network.close(looser.vm);
  return findings;
}
