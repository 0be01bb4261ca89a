// Lies about who one is, and frames that are no IPv4.

import { arpRequest, ethernet, routerAdvertisement, udp, udp6 } from '../../support/packets.ts';
import { type Attack, type Lab, ruled, sighted } from '../attack.ts';
import { places, strangeEtherType } from '../world.ts';

const send = (lab: Lab, ...frames: Buffer[]) =>
  lab.attacker.order('send_frames', { frames: frames.map((frame) => frame.toString('hex')) });
const sysctl = (lab: Lab, key: string, value: number) =>
  `sysctl -q -w net.${key.replace('TAP', lab.attacker.tap.device)}=${value}`;
const toInternet = (from: string, text: string) => udp(from, places.internet.address, 9, { text });
const linkLocal = 'fe800000000000000000000000000002';
const hostLinkLocal = 'fe800000000000000000000000000001';

/** What IPv6 needs on the host's side, so that the rule is all that stands in its way. */
const withIpv6 = {
  loosen: (lab: Lab) => [
    sysctl(lab, 'ipv6.conf.TAP.disable_ipv6', 0),
    sysctl(lab, 'ipv6.conf.all.forwarding', 1),
    sysctl(lab, 'ipv6.conf.TAP.accept_ra', 2),
    `ip -6 address replace fe80::1/64 dev ${lab.attacker.tap.device} nodad`,
    `ip -6 address replace fd00:9::1/64 dev ${lab.attacker.tap.device} nodad`,
  ],
  tighten: (lab: Lab) => [
    sysctl(lab, 'ipv6.conf.all.forwarding', 0),
    sysctl(lab, 'ipv6.conf.TAP.disable_ipv6', 1),
  ],
};
const withoutReversePath = {
  loosen: (lab: Lab) => [
    sysctl(lab, 'ipv4.conf.TAP.rp_filter', 0),
    'sysctl -q -w net.ipv4.conf.all.rp_filter=0',
  ],
  tighten: (lab: Lab) => [sysctl(lab, 'ipv4.conf.TAP.rp_filter', 1)],
};

export const linkLayerAttacks: readonly Attack[] = [
  ruled({
    name: 'spoofed-source',
    rules: ['spoofed-source', 'unknown-guest'],
    ...withoutReversePath,
    attempt: async (lab, mark) => {
      const { tap, gatewayMac } = lab.attacker;
      await send(lab, ethernet(tap.mac, 0x0800, toInternet(lab.neighbour.address, mark), gatewayMac));
      return (await sighted(lab, 'inet', mark)).packets > 0;
    },
  }),
  ruled({
    name: 'spoofed-mac',
    rules: ['spoofed-mac', 'unknown-guest'],
    attempt: async (lab, mark) => {
      const { address, gatewayMac } = lab.attacker;
      await send(lab, ethernet(lab.neighbour.tap.mac, 0x0800, toInternet(address, mark), gatewayMac));
      return (await sighted(lab, 'inet', mark)).packets > 0;
    },
  }),
  ruled({
    name: 'priority-tag',
    rules: ['ethertype'],
    attempt: async (lab, mark) => {
      const { address, tap, gatewayMac } = lab.attacker;
      const tagged = Buffer.concat([Buffer.from('00000800', 'hex'), toInternet(address, mark)]);
      await send(lab, ethernet(tap.mac, 0x8100, tagged, gatewayMac));
      return (await sighted(lab, 'inet', mark)).packets > 0;
    },
  }),
  ruled({
    name: 'strange-ethertype',
    rules: ['ethertype'],
    attempt: async (lab, mark) => {
      const { tap, gatewayMac } = lab.attacker;
      await send(lab, ethernet(tap.mac, strangeEtherType, Buffer.from(mark.padEnd(46)), gatewayMac));
      return (await sighted(lab, 'host', mark)).packets > 0;
    },
  }),
  ruled({
    name: 'arp-for-the-neighbour',
    rules: ['arp', 'ethertype'],
    loosen: (lab) => [sysctl(lab, 'ipv4.conf.TAP.proxy_arp', 1)],
    tighten: (lab) => [sysctl(lab, 'ipv4.conf.TAP.proxy_arp', 0)],
    attempt: async (lab) => asksWhoIs(lab, lab.neighbour.address),
  }),
  ruled({
    name: 'arp-for-the-hosts-lan-address',
    rules: ['arp', 'ethertype'],
    attempt: async (lab) => asksWhoIs(lab, places.hostLan.address),
  }),
  ruled({
    name: 'arp-as-the-neighbour',
    rules: ['arp', 'ethertype'],
    ...withoutReversePath,
    attempt: async (lab) => {
      const { tap } = lab.attacker;
      await send(lab, ethernet(tap.mac, 0x0806, arpRequest(tap.mac, lab.neighbour.address, tap.gateway)));
      const known = await lab.run('ip', ['neighbour', 'show', 'dev', tap.device]);
      return known.includes(lab.neighbour.address);
    },
  }),
  ruled({
    name: 'dhcp-request',
    rules: ['spoofed-source', 'unknown-guest', 'host-address', 'host-port'],
    ...withoutReversePath,
    attempt: async (lab, text) => {
      await send(
        lab,
        ethernet(lab.attacker.tap.mac, 0x0800, udp('0.0.0.0', '255.255.255.255', 67, { text })),
      );
      return (await sighted(lab, 'host', text)).packets > 0;
    },
  }),
  ruled({
    name: 'ipv6-link-local',
    rules: ['ipv6', 'ethertype', 'host-port'],
    ...withIpv6,
    attempt: async (lab, text) => {
      const { tap, gatewayMac } = lab.attacker;
      await send(lab, ethernet(tap.mac, 0x86dd, udp6(linkLocal, hostLinkLocal, 546, { text }), gatewayMac));
      return (await sighted(lab, 'host', text)).packets > 0;
    },
  }),
  ruled({
    name: 'metadata-ipv6',
    rules: ['ipv6', 'ethertype'],
    ...withIpv6,
    attempt: async (lab, text) => {
      const { tap, gatewayMac } = lab.attacker;
      const packet = udp6('fd000009000000000000000000000002', places.metadata6.address, 80, { text });
      await send(lab, ethernet(tap.mac, 0x86dd, packet, gatewayMac));
      return (await sighted(lab, 'cloud', text)).packets > 0;
    },
  }),
  ruled({
    name: 'router-advertisement',
    rules: ['ipv6', 'ethertype', 'host-port'],
    ...withIpv6,
    attempt: async (lab) => {
      const frame = ethernet(
        lab.attacker.tap.mac,
        0x86dd,
        routerAdvertisement(linkLocal),
        '33:33:00:00:00:01',
      );
      await send(lab, frame);
      const routes = await lab.run('ip', ['-6', 'route', 'show', 'default']);
      return routes.includes(lab.attacker.tap.device);
    },
  }),
];

async function asksWhoIs(lab: Lab, target: string): Promise<boolean> {
  const { tap, address } = lab.attacker;
  const frame = ethernet(tap.mac, 0x0806, arpRequest(tap.mac, address, target));
  const { answered } = await lab.attacker.order('ask_arp', { frame: frame.toString('hex'), target });
  return typeof answered === 'string' && answered !== '';
}
