// Making and removing tap devices. A tap is down until its rules are there.

import type { Guest } from '../../domain/network/address-plan.ts';
import type { DurationMs } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { NetworkError } from '../../ports/host-network.ts';
import type { Commands } from './commands.ts';
import { readTaps, type Tap } from './host-links.ts';

export interface TapSettings {
  gateway: string;
  mtu: number;
  /** The user who may open the device besides root. Without one, every user could (Linux, drivers/net/tun.c). */
  owner: number;
  bytesPerSecond: number | undefined;
}

/** Makes the device, down. `vnet_hdr`, since Firecracker demands it and QEMU likes it. */
export async function makeTap(
  guest: Guest,
  exists: boolean,
  settings: TapSettings,
  run: Commands,
): Promise<void> {
  const { device, address } = guest;
  const lines = [
    ...(exists ? [] : [`tuntap add dev ${device} mode tap vnet_hdr user ${settings.owner}`]),
    `link set dev ${device} mtu ${settings.mtu}`,
    // Routed point to point: this makes the route to the guest, and no network of which others could be part.
    `address replace ${settings.gateway} peer ${address}/32 dev ${device}`,
  ];
  await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
  await run('sysctl', ['-e', '-q', '-w', ...sysctls(device)]);
}

/** Lets traffic through. */
export async function raiseTap(
  { device, address, mac }: Guest,
  settings: TapSettings,
  run: Commands,
): Promise<void> {
  const lines = [
    `link set dev ${device} up`,
    // The host never asks the guest who it is, so the guest cannot answer for another.
    `neighbour replace ${address} lladdr ${mac} dev ${device} nud permanent`,
  ];
  await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
  if (settings.bytesPerSecond !== undefined) await run('tc', shaping(device, settings.bytesPerSecond));
}

const carrierTimeoutMs: DurationMs = 5000;
const carrierLookMs: DurationMs = 20;

/**
 * Resolves once no process holds the device open: whoever took it away earlier would find it busy when it is made again
 * (Firecracker's tests, `host_tools/network.py`).
 */
export async function awaitUnused({ device }: Tap, run: Commands, clock: Clock): Promise<void> {
  const deadline = clock.now() + carrierTimeoutMs;
  while ((await readTap(device, run))?.inUse) {
    if (clock.now() > deadline)
      throw new NetworkError(`${device} is still in use: end the VM's process first, then try again`);
    await clock.sleep(carrierLookMs);
  }
}

/** A device that is gone is success. */
export async function deleteTap(device: string, run: Commands): Promise<void> {
  if ((await readTap(device, run)) !== undefined) await run('ip', ['link', 'delete', 'dev', device]);
}

async function readTap(device: string, run: Commands): Promise<Tap | undefined> {
  return (await readTaps(run)).find((tap) => tap.device === device);
}

/** No IPv6, no answering for others, no learning of routes from the guest, and only sources that are routed back to it. */
function sysctls(device: string): string[] {
  return [
    `net.ipv6.conf.${device}.disable_ipv6=1`,
    `net.ipv4.conf.${device}.rp_filter=1`,
    `net.ipv4.conf.${device}.proxy_arp=0`,
    `net.ipv4.conf.${device}.accept_redirects=0`,
    `net.ipv4.conf.${device}.secure_redirects=0`,
    `net.ipv4.conf.${device}.send_redirects=0`,
    `net.ipv4.conf.${device}.accept_source_route=0`,
  ];
}

/** What the guest receives. What it sends is held by the rule `bytes`. In `tc`'s language `bps` are bytes per second. */
function shaping(device: string, bytesPerSecond: number): string[] {
  const burst = Math.max(65_536, Math.ceil(bytesPerSecond / 50));
  const bucket = ['rate', `${bytesPerSecond}bps`, 'burst', `${burst}b`, 'latency', '100ms'];
  return ['qdisc', 'replace', 'dev', device, 'root', 'tbf', ...bucket];
}
