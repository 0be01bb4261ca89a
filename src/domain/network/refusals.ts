/** Every rule that refuses, by the name that its counter has, and what it refuses. */
export const refusals = {
  'spoofed-mac': 'frames from another MAC than the VM was given',
  arp: 'ARP, but for the VM asking who its gateway is',
  ipv6: 'IPv6',
  ethertype: 'frames that are neither IPv4 nor ARP, tagged ones included',
  'spoofed-source': 'packets from another address than the VM was given',
  'unknown-guest': 'packets from a tap that no VM is known to have, or not as that VM',
  'ip-options': 'packets with IP options, such as source routes',
  'host-address': "packets to the host's addresses, but the gateway's",
  'host-port': 'packets to the gateway address, but to what the host serves there',
  'service-from-outside': 'packets to the gateway address from other networks',
  neighbour: 'packets to another VM',
  metadata: "packets to the cloud's metadata services",
  'closed-range': 'packets to private, reserved and multicast addresses',
  'host-network': "packets to the networks that the host's links are in",
  denied: 'packets to what the operator closed',
  mail: 'mail to other servers (TCP port 25)',
  'icmp-redirect': 'ICMP redirects',
  'other-protocol': 'protocols but TCP, UDP and ICMP',
  invalid: 'packets that belong to no connection and begin none',
  'new-connections': 'connections begun faster than allowed',
  connections: 'connections beyond the number allowed',
  bytes: 'traffic beyond the rate allowed',
  inbound: 'packets to a VM that answer nothing of its own',
} as const;

export type RefusalName = keyof typeof refusals;

/** The end of a rule: what matches is counted and dropped. */
export function drop(name: RefusalName, match: string): string {
  return `${match === '' ? '' : `${match} `}counter drop comment "${name}"`;
}
