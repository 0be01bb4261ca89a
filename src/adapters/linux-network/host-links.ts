// What the host's links say: our taps, the networks that it is in, and the way out.

import type { VmId } from '../../domain/ids.ts';
import { vmOfTap } from '../../domain/network/address-plan.ts';
import { type Ipv4Range, parseIpv4, parseIpv4Range } from '../../domain/network/ipv4.ts';
import { type Commands, isRecord, jsonRecords } from './commands.ts';

export interface Tap {
  vm: VmId;
  device: string;
  /** The guest's; undefined while it is half made. */
  address: string | undefined;
  /** A process holds it open. */
  inUse: boolean;
  /** The user who may open it besides root; undefined when every user may, or it is one of the system's own users. */
  owner: number | undefined;
}

/** Our taps, by name. */
export async function readTaps(run: Commands): Promise<Tap[]> {
  const links = jsonRecords(await run('ip', ['-j', '-d', 'address', 'show', 'type', 'tun']));
  return links.flatMap(({ ifname, flags, addr_info, linkinfo }) => {
    const vm = typeof ifname === 'string' ? vmOfTap(ifname) : undefined;
    if (vm === undefined || typeof ifname !== 'string') return [];
    const peers = (Array.isArray(addr_info) ? addr_info : []).filter(isRecord).map((entry) => entry.address);
    const address = peers.find((peer) => typeof peer === 'string' && parseIpv4(peer) !== undefined);
    return {
      vm,
      device: ifname,
      address: typeof address === 'string' ? address : undefined,
      inUse: Array.isArray(flags) && flags.includes('LOWER_UP'),
      owner: ownerIn(linkinfo),
    };
  });
}

/** `ip` gives a user's name where it has one. */
function ownerIn(linkinfo: unknown): number | undefined {
  const data = isRecord(linkinfo) ? linkinfo.info_data : undefined;
  const user = isRecord(data) ? data.user : undefined;
  if (user === 'root') return 0;
  return typeof user === 'number' ? user : undefined;
}

/** A wider network than this on a link is a tunnel that takes all traffic: closing it would close the internet. */
const shortestPrefix = 8;

/** The networks on the host's own links, other than those of our taps. */
export async function connectedNets(run: Commands): Promise<Ipv4Range[]> {
  const routes = jsonRecords(
    await run('ip', ['-j', '-4', 'route', 'show', 'table', 'main', 'scope', 'link']),
  );
  const nets = routes.flatMap(({ dst, dev }) => {
    if (typeof dst !== 'string' || typeof dev !== 'string' || vmOfTap(dev) !== undefined) return [];
    return parseIpv4Range(dst) ?? [];
  });
  return nets
    .filter(({ bits }) => bits >= shortestPrefix)
    .sort((one, other) => one.base - other.base || one.bits - other.bits);
}

const usualMtu = 1500;

/** Of the link with the default route. A guest that sends more than it carries hangs in the middle of large answers. */
export async function uplinkMtu(run: Commands): Promise<number> {
  const [first] = jsonRecords(await run('ip', ['-j', '-4', 'route', 'show', 'default']));
  if (typeof first?.dev !== 'string') return usualMtu;
  const [link] = jsonRecords(await run('ip', ['-j', 'link', 'show', 'dev', first.dev]));
  return typeof link?.mtu === 'number' ? link.mtu : usualMtu;
}
