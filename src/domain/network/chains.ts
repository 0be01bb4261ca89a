// The chains of the `inet` table: what a guest may send to the host, through the host, and what may come to it.

import { gatewayOf, tapPrefix } from './address-plan.ts';
import { formatIpv4Range } from './ipv4.ts';
import type { NetworkPolicy } from './policy.ts';
import { drop, type RefusalName } from './refusals.ts';

const fromGuest = `iifname "${tapPrefix}*"`;
const toGuest = `oifname "${tapPrefix}*"`;

export function chains(policy: NetworkPolicy): string[] {
  const gateway = gatewayOf(policy.pool);
  const resolver = policy.dns.kind === 'forwarded' ? policy.dns.resolver : undefined;
  const isDns = 'meta l4proto { tcp, udp } th dport 53';
  return [
    // Before the kernel tracks connections, so that a lie takes no room there. A tap without rules of its own reaches nothing.
    ...chain('prerouting', 'type filter hook prerouting priority raw; policy accept;', [
      drop('ipv6', `${fromGuest} meta nfproto ipv6`),
      drop('unknown-guest', `${fromGuest} iifname . ether saddr . ip saddr != @guests`),
      drop('ip-options', `${fromGuest} ip hdrlength > 5`),
    ]),
    ...chain('dns', 'type nat hook prerouting priority dstnat; policy accept;', [
      ...(resolver === undefined ? [] : [`${fromGuest} ip daddr ${gateway} ${isDns} dnat ip to ${resolver}`]),
    ]),
    ...chain('input', 'type filter hook input priority filter; policy accept;', [
      `${fromGuest} goto to-host`,
      drop('service-from-outside', `iifname != "lo" ip daddr ${gateway}`),
    ]),
    ...chain('forward', 'type filter hook forward priority filter; policy accept;', [
      `${fromGuest} goto through-host`,
      `${toGuest} goto to-guest`,
    ]),
    ...chain('postrouting', 'type nat hook postrouting priority srcnat; policy accept;', [
      `ip saddr ${formatIpv4Range(policy.pool)} oifname != { "lo", "${tapPrefix}*" } masquerade`,
    ]),
    ...chain('to-host', '', [
      ...rated(policy),
      drop('host-address', `ip daddr != ${gateway}`),
      'meta l4proto . th dport @services goto limits',
      drop('host-port', ''),
    ]),
    ...chain('through-host', '', [
      ...rated(policy),
      // Every packet is asked, not only a connection's first: what an operator closes is closed at once.
      drop('neighbour', toGuest),
      ...(resolver === undefined ? [] : [`ct status dnat ip daddr ${resolver} ${isDns} goto limits`]),
      'ip daddr . meta l4proto . th dport @allowed goto limits',
      ...closed([
        ['denied', 'denied'],
        ['metadata', 'metadata'],
        ['host-network', 'host-networks'],
        ['closed-range', 'closed'],
      ]),
      drop('mail', 'tcp dport 25'),
      drop('icmp-redirect', 'icmp type redirect'),
      drop('other-protocol', 'meta l4proto != { tcp, udp, icmp }'),
      'goto limits',
    ]),
    ...chain('limits', '', [
      'ct state established,related accept',
      drop('invalid', 'ct state invalid'),
      // A datagram that nobody answers is "new" to the kernel, however many were before it.
      'ct status confirmed accept',
      drop(
        'new-connections',
        `update @new-connections { ip saddr limit rate over ${policy.connectionsPerSecond}/second burst ${2 * policy.connectionsPerSecond} packets }`,
      ),
      drop('connections', `add @connections { ip saddr ct count over ${policy.maxConnections} }`),
      'accept',
    ]),
    ...chain('to-guest', '', ['ct state established,related accept', drop('inbound', '')]),
  ];
}

function rated({ bytesPerSecond }: NetworkPolicy): string[] {
  if (bytesPerSecond === undefined) return [];
  const rate = `limit rate over ${bytesPerSecond} bytes/second burst ${bytesPerSecond} bytes`;
  return [drop('bytes', `update @bytes { ip saddr ${rate} }`)];
}

function closed(sets: readonly (readonly [RefusalName, string])[]): string[] {
  return sets.map(([name, set]) => drop(name, `ip daddr @${set}`));
}

function chain(name: string, hook: string, rules: readonly string[]): string[] {
  return [`chain ${name} {`, ...(hook === '' ? [] : [hook]), ...rules, '}'];
}
