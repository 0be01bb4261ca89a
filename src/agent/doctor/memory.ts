// Memory: whose it is, whether it leaks from one VM to another, and whether there is enough.

import { defineCheck, failure, fine, skipped, warning } from './check.ts';
import { linesOf, meminfoMib } from './proc-text.ts';

export const sharedPages = defineCheck({
  id: 'ksm',
  group: 'memory',
  title: 'Memory is not shared between VMs (KSM is off)',
  means:
    'Equal pages of two VMs are merged, and a job can find out by timing what is in the memory of another.',
  mend: 'echo 2 | sudo tee /sys/kernel/mm/ksm/run; sudo systemctl disable --now ksm ksmtuned',
  look: ({ host }) => ({ run: host.text('/sys/kernel/mm/ksm/run') }),
  judge: ({ run }) => {
    if (run === undefined) return fine('this kernel has none');
    return run.trim() === '1' ? failure('on') : fine('off');
  },
});

export const swap = defineCheck({
  id: 'swap',
  group: 'memory',
  title: 'Memory of VMs is not written to disk (swap is off)',
  means:
    'Secrets of a job may stay on the disk after its VM is gone, and a full host becomes slow instead of refusing VMs.',
  mend: 'sudo swapoff -a, and take the swap out of /etc/fstab. Swap with a random key for each boot may stay.',
  look: ({ host }) => ({ swaps: host.text('/proc/swaps') }),
  judge: ({ swaps }) => {
    const on = linesOf(swaps ?? '')
      .slice(1)
      .map((line) => line.split(/\s+/)[0] ?? '')
      // zram is memory, compressed.
      .filter((name) => !name.startsWith('/dev/zram'));
    return on.length === 0 ? fine('off') : warning(`on ${on.join(', ')}`);
  },
});

export const errorCorrection = defineCheck({
  id: 'ecc',
  group: 'memory',
  title: 'Errors of the memory are found',
  means: 'Flipped bits, by age or by an attack of the Rowhammer kind, go unnoticed.',
  mend: 'Use a server with ECC memory. That its rows resist hammering only its maker can tell.',
  look: ({ host }) => ({ controllers: host.names('/sys/devices/system/edac/mc') }),
  judge: ({ controllers }) => {
    const found = controllers?.filter((name) => /^mc\d+$/.test(name)) ?? [];
    return found.length > 0
      ? fine(`${found.length} controllers tell of errors (EDAC)`)
      : skipped(
          'no memory controller tells of errors: there is no ECC memory, no driver for it, or a hypervisor below',
        );
  },
});

/** Of the VMM for each VM, beside the guest's memory. */
const overheadMib = { qemu: 160, firecracker: 16 } as const;
const smallestVmMib = 1024;

export const memoryBudget = defineCheck({
  id: 'memory-budget',
  group: 'memory',
  title: 'There is as much memory as is offered to VMs',
  means: 'On a full host the kernel ends VMs with their jobs.',
  mend: 'Offer less: BELLOWS_HOST_MEMORY_MB, or keep other programs off this host.',
  look: ({ host }) => ({
    meminfo: host.text('/proc/meminfo'),
    // What VMs hold already is not available and yet offered. Names are cut off at 15 letters.
    held: host.run('ps', ['-C', 'qemu-system-x86,firecracker', '-o', 'rss=']),
  }),
  judge: ({ meminfo = '', held }, { driver, memoryMib, vms }) => {
    const available = meminfoMib(meminfo, 'MemAvailable');
    if (available === undefined) return skipped('the kernel does not tell');
    if (memoryMib < smallestVmMib)
      return failure(`${memoryMib} MiB for VMs`, {
        means: 'Not even a small VM fits.',
        mend: 'Use a host with more memory.',
      });
    const heldMib = linesOf(held?.out ?? '').reduce((sum, kib) => sum + Number(kib) / 1024, 0);
    const left = Math.floor(available + heldMib);
    const needed = memoryMib + overheadMib[driver] * vms;
    const found = `${memoryMib} MiB are offered, ${needed} with the VMMs' own need for ${vms} VMs, ${left} are there`;
    return left >= needed
      ? fine(found)
      : warning(found, {
          mend: `Offer less: BELLOWS_HOST_MEMORY_MB=${Math.max(256, memoryMib - (needed - left))}, or keep other programs off this host.`,
        });
  },
});

export const hugePages = defineCheck({
  id: 'huge-pages',
  group: 'memory',
  title: 'No memory lies idle in huge pages',
  means: 'Pages that are set aside are lost to VMs: none of them uses such pages.',
  mend: 'sudo sysctl -w vm.nr_hugepages=0, and take it out of /etc/sysctl.d',
  look: ({ host }) => ({ total: host.text('/proc/sys/vm/nr_hugepages') }),
  judge: ({ total }) => {
    const count = Number(total ?? 0);
    return count === 0 ? fine('none') : warning(`${count} are set aside`);
  },
});

export const memoryChecks = [sharedPages, swap, errorCorrection, memoryBudget, hugePages];
