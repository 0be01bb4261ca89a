// A VMM that was taken over fills the disk of all VMs with files of its own: held by the quota of its user. Played by a plain
// process of that user, on an ext4 that is made and mounted as the installation does, with the quota that the agent sets.

import { quotaArguments } from '../../../src/adapters/linux-quota/disk-quota.ts';
import type { SystemdGuest } from '../../support/systemd-guest/boot-guest.ts';
import { type Finding, tell } from '../finding.ts';

export const quotaAttackName = 'vmm-disk-filler';
export const quotaDisk = { name: 'shared', sizeMib: 320 } as const;

const user = 200_001;
const mount = '/mnt/shared';
/** Of the VM's disk: the quota is 64 MiB more. */
const diskMib = 32;
const wantedMib = 160;
/** Emulated, on processors that others use too. */
const patienceMs = 240_000;

export async function proveQuota(host: SystemdGuest, say: (line: string) => unknown): Promise<Finding> {
  const judged = await judge(host).catch((error: unknown) => ({
    blocked: false,
    control: false,
    seen: `could not be judged: ${String(error)}`,
  }));
  const finding = { name: quotaAttackName, stops: "the quota of the VMM's user", ...judged };
  tell(finding, say);
  return finding;
}

async function judge(host: SystemdGuest): Promise<Pick<Finding, 'blocked' | 'control' | 'seen'>> {
  const disk = `/dev/disk/by-id/virtio-${quotaDisk.name}`;
  await host.ask(
    `mkfs.ext4 -q -O quota -m 1 ${disk} && mkdir ${mount} && mount -o usrquota ${disk} ${mount} &&
     mkdir -m 700 ${mount}/jail && chown ${user}:${user} ${mount}/jail`,
    patienceMs,
  );
  await host.ask(`setquota ${quotaArguments({ user, gib: diskMib / 1024 }, mount).join(' ')}`);
  const held = await filled(host);
  await host.ask(`setquota -u ${user} 0 0 0 0 ${mount}`);
  const free = await filled(host);
  return {
    blocked: held < wantedMib && held >= diskMib,
    control: free === wantedMib,
    seen: `${held} MiB; without the quota: ${free} MiB`,
  };
}

/** How many of the wanted MiB it gets; they are gone afterwards. Many small files, since one alone could have another limit. */
async function filled(host: SystemdGuest): Promise<number> {
  const as = `setpriv --reuid=${user} --regid=${user} --clear-groups`;
  const fill = `for i in $(seq ${wantedMib / 8}); do head -c 8M /dev/zero > ${mount}/jail/$i || break; done`;
  const { stdout } = await host.run(
    `${as} bash -c '${fill}' 2>/dev/null; du -sm ${mount}/jail | cut -f 1; rm -f ${mount}/jail/*`,
    patienceMs,
  );
  return Math.min(wantedMib, Number(stdout.trim()));
}
