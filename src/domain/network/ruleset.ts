// The host's firewall for guests, as text for `nft -f`. Two tables, both named `bellows`: `netdev` sees every frame before
// anything else of the kernel does and knows each tap's one true sender; `inet` decides where packets may go.
//
// Every rule that refuses has a counter and carries its name as its comment: so `nft list ruleset` says what stopped whom,
// and a test can take one rule away and show that just that attack then succeeds.
//
// Adding or removing a VM changes elements and one chain, in one transaction; the tables are not loaded again.
// A drop in any table is final, an accept is not: what other firewalls of the host refuse stays refused.

import type { Guest } from './address-plan.ts';
import { gatewayOf } from './address-plan.ts';
import { chains } from './chains.ts';
import { closedRanges, metadataRanges } from './closed-ranges.ts';
import { formatIpv4Range, type Ipv4Range } from './ipv4.ts';
import type { HostNets, NetworkPolicy } from './policy.ts';
import { drop } from './refusals.ts';

export const tableName = 'bellows';

/** All rules for these guests, in place of those that are there. `mark` is kept as the table's comment. */
export function ruleset(
  policy: NetworkPolicy,
  host: HostNets,
  guests: readonly Guest[],
  mark: string,
): string {
  const lines = [
    removal,
    `add table netdev ${tableName}`,
    `table inet ${tableName} {`,
    `comment "${mark}"`,
    ...sets(policy, host),
    ...chains(policy),
    '}',
    ...guests.map((guest) => addGuest(guest, policy)),
  ];
  return `${lines.join('\n')}\n`;
}

/** Takes all of it away, also when nothing is there. */
export const removal = ['netdev', 'inet']
  .flatMap((family) => [`add table ${family} ${tableName}`, `delete table ${family} ${tableName}`])
  .join('\n');

/** One VM's part, in place of an earlier one. Its device must exist. */
export function addGuest({ device, address, mac }: Guest, { pool }: NetworkPolicy): string {
  const isOwnQuestion = [
    'ether type arp arp operation request',
    `arp saddr ether ${mac} arp saddr ip ${address} arp daddr ip ${gatewayOf(pool)}`,
  ].join(' ');
  const rules = [
    drop('spoofed-mac', `ether saddr != ${mac}`),
    // The host knows the guest's MAC without asking.
    `${isOwnQuestion} limit rate 20/second accept`,
    drop('arp', 'ether type arp'),
    drop('ipv6', 'ether type ip6'),
    drop('ethertype', 'ether type != ip'),
    drop('spoofed-source', `ip saddr != ${address}`),
    'accept',
  ];
  const hook = `{ type filter hook ingress device "${device}" priority -500; policy drop; }`;
  return [
    removeChain(device),
    `add chain netdev ${tableName} ${device} ${hook}`,
    ...rules.map((rule) => `add rule netdev ${tableName} ${device} ${rule}`),
    `add element ${guestElement({ device, address, mac })}`,
  ].join('\n');
}

/** Also when the VM's part, or its device, is gone. The tables must be there. */
export function removeGuest(guest: Omit<Guest, 'vm'>): string {
  const element = guestElement(guest);
  const counted = countingSets.map((set) => `inet ${tableName} ${set} { ${guest.address} }`);
  return [
    removeChain(guest.device),
    ...[element, ...counted].flatMap((one) => [`add element ${one}`, `delete element ${one}`]),
  ].join('\n');
}

const guestElement = ({ device, address, mac }: Omit<Guest, 'vm'>): string =>
  `inet ${tableName} guests { "${device}" . ${mac} . ${address} }`;

/** Also when it is not there: `nft` knows no "delete if it is there" before version 1.0.7. */
export function removeChain(device: string): string {
  const chain = `chain netdev ${tableName} ${device}`;
  return [`add ${chain}`, `flush ${chain}`, `delete ${chain}`].join('\n');
}

const countingSets = ['connections', 'new-connections', 'bytes'] as const;

function sets(policy: NetworkPolicy, host: HostNets): string[] {
  const ranges = (name: string, members: readonly Ipv4Range[]) =>
    set(name, 'type ipv4_addr; flags interval; auto-merge;', members.map(formatIpv4Range));
  return [
    set('guests', 'type ifname . ether_addr . ipv4_addr;'),
    ranges('metadata', metadataRanges),
    ranges('closed', [...closedRanges, policy.pool]),
    ranges('host-networks', host.connected),
    ranges('denied', policy.deny),
    set(
      'allowed',
      'type ipv4_addr . inet_proto . inet_service; flags interval;',
      policy.allow.map(
        ({ to, protocol, ports }) => `${formatIpv4Range(to)} . ${protocol} . ${ports.from}-${ports.to}`,
      ),
    ),
    set(
      'services',
      'type inet_proto . inet_service;',
      servedPorts(policy).map(({ protocol, port }) => `${protocol} . ${port}`),
    ),
    // An element of this one counts as long as its VM lives: Linux allows no timeout beside `ct count`.
    set('connections', 'type ipv4_addr; size 65535; flags dynamic;'),
    set('new-connections', 'type ipv4_addr; size 65535; flags dynamic,timeout; timeout 1m;'),
    set('bytes', 'type ipv4_addr; size 65535; flags dynamic,timeout; timeout 1m;'),
  ];
}

function servedPorts({ dns, services }: NetworkPolicy): NetworkPolicy['services'] {
  if (dns.kind === 'forwarded') return services;
  return [{ protocol: 'udp', port: 53 }, { protocol: 'tcp', port: 53 }, ...services];
}

function set(name: string, kind: string, elements: readonly string[] = []): string {
  const content = elements.length > 0 ? ` elements = { ${elements.join(', ')} }` : '';
  return `set ${name} { ${kind}${content} }`;
}
