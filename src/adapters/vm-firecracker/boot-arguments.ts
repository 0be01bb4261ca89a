import type { TapNetwork } from '../../ports/vm-driver.ts';
import type { Features } from './version.ts';

/**
 * The kernel's words, far fewer than the 2048 bytes that Firecracker takes. It logs them, and every process of the guest can
 * read them: no secret is among them (I8).
 *
 * `reboot=k panic=1`: only a reset by the keyboard controller ends an x86 Firecracker, so a guest that panics or reboots
 * must end that way, and one that powers off would stay (firecracker/FAQ.md). The `i8042` words save the kernel's search for
 * a keyboard and a mouse, and leave the reset alone. The guest's init reads `bellows.ip` (guest/init/rootfs).
 */
export function bootArguments(
  network: TapNetwork,
  { pci, features }: { pci: boolean; features: Features },
): string {
  return [
    'console=ttyS0 quiet loglevel=4 reboot=k panic=1 random.trust_cpu=on cryptomgr.notests',
    'i8042.noaux i8042.nomux i8042.dumbkbd',
    ...(pci || features.addsPciOff ? [] : ['pci=off']),
    `bellows.ip=${network.address},${network.gateway},${network.nameserver},${network.mtu}`,
  ].join(' ');
}
