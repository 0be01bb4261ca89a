// Going where a VM has no business, with its own address.

import type { RefusalName } from '../../../src/domain/network/refusals.ts';
import { ethernet, icmpRedirect, ipv4, udp, udpInFragments } from '../../support/packets.ts';
import { type Attack, type Lab, type RuledAttack, ruled, sighted } from '../attack.ts';
import { agentApi, mailBanner, places, type Role, sshBanner } from '../world.ts';

/** Opens a connection and reads what is served there. */
function reads(
  name: string,
  rules: readonly RefusalName[],
  to: (lab: Lab) => string,
  port: number,
  text: string,
): Attack {
  return ruled({
    name,
    rules,
    attempt: async (lab) => {
      const answer = await lab.attacker.order('fetch', { host: to(lab), port });
      return String(answer.text ?? '').includes(text);
    },
  });
}

/** Sends packets that only have to arrive. */
function arrives(
  name: string,
  rules: readonly RefusalName[],
  at: Role,
  packets: (lab: Lab, mark: string) => Buffer[],
  settings: Pick<RuledAttack, 'earlier' | 'loosen' | 'tighten'> = {},
): Attack {
  return ruled({
    name,
    rules,
    ...settings,
    attempt: async (lab, mark) => {
      const { tap, gatewayMac } = lab.attacker;
      const frames = packets(lab, mark).map((packet) => ethernet(tap.mac, 0x0800, packet, gatewayMac));
      await lab.attacker.order('send_frames', { frames: frames.map((frame) => frame.toString('hex')) });
      return (await sighted(lab, at, mark)).packets > 0;
    },
  });
}

const gateway = (lab: Lab) => lab.attacker.tap.gateway;
const own = (lab: Lab) => lab.attacker.address;
const recordRoute = Buffer.from([7, 7, 4, 0, 0, 0, 0, 0]);

export const addressAttacks: readonly Attack[] = [
  reads('other-vm', ['neighbour', 'closed-range'], (lab) => lab.neighbour.address, 8000, 'the neighbour'),
  reads('host-ssh', ['host-port'], gateway, 22, sshBanner),
  reads('agent-api', ['host-port'], gateway, 8080, agentApi),
  reads('host-uplink-address', ['host-address', 'host-port'], () => places.hostUplink.address, 22, sshBanner),
  reads('host-lan-address', ['host-address', 'host-port'], () => places.hostLan.address, 8080, agentApi),
  reads('lan', ['host-network', 'closed-range'], () => places.lan.address, 80, places.lan.text),
  reads('uplink-neighbour', ['host-network'], () => places.uplinkNeighbour.address, 80, places.internet.text),
  reads('far-private-network', ['closed-range'], () => places.farPrivate.address, 80, places.internet.text),
  reads('metadata-link-local', ['metadata'], () => places.metadata.address, 80, places.metadata.text),
  reads('metadata-azure', ['metadata'], () => places.azure.address, 80, places.metadata.text),
  reads(
    'metadata-alibaba',
    ['metadata', 'closed-range'],
    () => places.alibaba.address,
    80,
    places.metadata.text,
  ),
  reads('mail', ['mail'], () => places.internet.address, 25, mailBanner),
  arrives(
    'host-loopback',
    ['host-address', 'host-port'],
    'host',
    (lab, text) => [udp(own(lab), '127.0.0.1', 9999, { text })],
    {
      earlier: 'the kernel takes no packet for 127.0.0.0/8 from a device',
      loosen: (lab) => [`sysctl -q -w net.ipv4.conf.${lab.attacker.tap.device}.route_localnet=1`],
      tighten: (lab) => [`sysctl -q -w net.ipv4.conf.${lab.attacker.tap.device}.route_localnet=0`],
    },
  ),
  arrives('multicast', ['host-address', 'host-port'], 'host', (lab, text) => [
    udp(own(lab), '224.0.0.251', 5353, { text }),
  ]),
  arrives('broadcast', ['host-address', 'host-port'], 'host', (lab, text) => [
    udp(own(lab), '255.255.255.255', 67, { text }),
  ]),
  arrives('port-in-fragments', ['host-port'], 'host', (lab, text) =>
    udpInFragments(own(lab), gateway(lab), 514, { text }),
  ),
  arrives('ip-options', ['ip-options'], 'inet', (lab, text) => [
    udp(own(lab), places.internet.address, 9, { text, options: recordRoute }),
  ]),
  arrives('icmp-redirect', ['icmp-redirect', 'invalid'], 'inet', (lab, text) => [
    icmpRedirect(
      own(lab),
      places.internet.address,
      own(lab),
      udp(places.internet.address, '5.9.1.2', 9, { text }),
    ),
  ]),
  arrives('gre-tunnel', ['other-protocol'], 'inet', (lab, text) => [
    ipv4(own(lab), places.internet.address, 47, Buffer.from(`\0\0\x08\0${text}`)),
  ]),
];
