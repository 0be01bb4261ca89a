// Which device, address and MAC each VM has. Nothing of it is stored: the device's name is the VM's id in another form, its
// address can be read from the device, and the MAC is the address in another form. So whatever a crash leaves behind says
// itself whose it was.
//
// Every VM is alone behind a tap of its own, with one address of the pool (a /32). All share one gateway address, the pool's
// first, which is the host's: what the host serves to guests has to listen on one address only, whichever VMs come and go.

import { assert } from '../bug.ts';
import { fnv1a } from '../fnv.ts';
import { type VmId, vmId } from '../ids.ts';
import { contains, formatIpv4, type Ipv4Range, parseIpv4, sizeOf } from './ipv4.ts';

/** One VM as the host's network knows it. */
export interface Guest {
  vm: VmId;
  /** The tap's name. */
  device: string;
  address: string;
  mac: string;
}

/** What the rules match devices by: no other device's name may begin so. */
export const tapPrefix = 'bw-';

/** Linux allows 15 bytes, and `bw-` with the 12 characters of a VM's id has just that. */
export function tapOf(vm: VmId): string {
  const [, own] = /^vm-([0-9a-z]{1,12})$/.exec(vm) ?? [];
  assert(own !== undefined, `${vm} gives no name for a tap`);
  return `${tapPrefix}${own}`;
}

/** Undefined for a device that is none of ours. */
export function vmOfTap(device: string): VmId | undefined {
  const [, own] = /^bw-([0-9a-z]{1,12})$/.exec(device) ?? [];
  return own === undefined ? undefined : vmId(`vm-${own}`);
}

/** The host's address on every tap. */
export function gatewayOf(pool: Ipv4Range): string {
  return formatIpv4(pool.base + 1);
}

/** How many VMs a pool has addresses for: not its first two (network, gateway) and not its last (broadcast, to many tools). */
export function capacityOf(pool: Ipv4Range): number {
  return Math.max(0, sizeOf(pool) - 3);
}

/**
 * The VM's place in a pool where `taken` addresses are in use; undefined when it is full. The search begins where the VM's
 * id points: a place is then seldom used twice in a row, so that what the internet still sends to one VM does not reach the
 * next, and no counter has to outlive the agent.
 */
export function guestFor(vm: VmId, pool: Ipv4Range, taken: ReadonlySet<string>): Guest | undefined {
  const capacity = capacityOf(pool);
  const start = fnv1a(vm);
  for (let step = 0; step < capacity; step++) {
    const address = formatIpv4(pool.base + 2 + ((start + step) % capacity));
    if (!taken.has(address)) return guestAt(vm, address);
  }
  return undefined;
}

/** A VM whose address is known. */
export function guestAt(vm: VmId, address: string): Guest {
  return { vm, device: tapOf(vm), address, mac: macOf(address) };
}

/** Locally administered, for one receiver (the 2 of `02`), and the address behind it: `02:be:0a:c8:00:02`. */
export function macOf(address: string): string {
  const number = parseIpv4(address);
  assert(number !== undefined, `${address} is no address`);
  const bytes = [0x02, 0xbe, ...[24, 16, 8, 0].map((shift) => (number >>> shift) & 255)];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

export function isInPool(pool: Ipv4Range, address: string): boolean {
  const number = parseIpv4(address);
  return number !== undefined && contains(pool, number);
}
