// What a guest may send, frame by frame, through a real tap: who refuses it is read from the rules' counters.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameSender } from '../../../test/support/frame-sender.ts';
import { makeNetworkHost, type NetworkHost } from '../../../test/support/network-host.ts';
import { whyNoNamespaces } from '../../../test/support/network-namespace.ts';
import { arpRequest, ethernet, ipv4, udp } from '../../../test/support/packets.ts';
import { vmId } from '../../domain/ids.ts';
import { defaultPool } from '../../domain/network/policy.ts';
import type { TapNetwork } from '../../ports/vm-driver.ts';

const reason = whyNoNamespaces();
const one = vmId('vm-00000000000a');
const other = vmId('vm-00000000000b');

describe.skipIf(reason !== undefined)(`frames from a guest${reason ? ` (${reason})` : ''}`, () => {
  let machine: NetworkHost | undefined;
  let made: TapNetwork;
  let neighbour: TapNetwork;
  let guest: FrameSender | undefined;
  let own: string;
  let macOfTap: string;

  beforeEach(async () => {
    machine = await makeNetworkHost();
    // What an operator opens must not open other VMs.
    const allow = [{ to: defaultPool, protocol: 'udp' as const, ports: { from: 1, to: 65_535 } }];
    const network = machine.network({ allow });
    made = await network.open(one);
    neighbour = await network.open(other);
    own = made.address.slice(0, -3);
    guest = await FrameSender.hold(machine.host.name, made.device);
    const link = await machine.host.run('ip', ['link', 'show', made.device]);
    macOfTap = /link\/ether (\S+)/.exec(link)?.[1] ?? '';
  });
  afterEach(async () => {
    await guest?.close();
    await machine?.close();
  });

  const refused = async () => machine?.refused();
  const ip = (packet: Buffer) => ethernet(made.mac, 0x0800, packet, macOfTap);
  const sourceRoute = Buffer.from([0x83, 7, 4, 5, 9, 1, 1, 0]);
  const lies: [string, () => Buffer, string][] = [
    ['another MAC', () => ethernet('02:00:00:00:00:01', 0x0800, udp(own, '1.1.1.1', 9)), 'spoofed-mac'],
    ['another source', () => ip(udp('10.200.0.9', '1.1.1.1', 9)), 'spoofed-source'],
    ["the host's own address as source", () => ip(udp('10.200.0.1', '1.1.1.1', 9)), 'spoofed-source'],
    ['IPv6', () => ethernet(made.mac, 0x86dd, Buffer.alloc(40, 0x60)), 'ipv6'],
    ['an EtherType of its own', () => ethernet(made.mac, 0x88b5, Buffer.alloc(46)), 'ethertype'],
    ['a VLAN tag', () => ethernet(made.mac, 0x8100, Buffer.from('000508004500', 'hex')), 'ethertype'],
    ['a priority tag around a packet that would pass', () => tagged(), 'ethertype'],
    ['ARP as another guest', () => arp(made.mac, '10.200.0.9', '10.200.0.1'), 'arp'],
    ["ARP that asks for the host's other addresses", () => arp(made.mac, own, '5.9.1.2'), 'arp'],
    ['ARP with another MAC inside', () => arp('02:00:00:00:00:01', own, '10.200.0.1'), 'arp'],
    ['a source route', () => ip(udp(own, '1.1.1.1', 9, { options: sourceRoute })), 'ip-options'],
    ["the host's uplink address", () => ip(udp(own, '5.9.1.2', 22)), 'host-address'],
    ['a port that is not served', () => ip(udp(own, '10.200.0.1', 22)), 'host-port'],
    ['a broadcast', () => ip(udp(own, '255.255.255.255', 67)), 'host-address'],
    ['the metadata service', () => ip(udp(own, '169.254.169.254', 80)), 'metadata'],
    ['a private address', () => ip(udp(own, '192.168.1.1', 80)), 'closed-range'],
    ["a neighbour of the host's", () => ip(udp(own, '5.9.1.77', 80)), 'host-network'],
    ['GRE', () => ip(ipv4(own, '1.1.1.1', 47, Buffer.from('knock'))), 'other-protocol'],
  ];
  const arp = (mac: string, sender: string, target: string) =>
    ethernet(made.mac, 0x0806, arpRequest(mac, sender, target));
  const tagged = () =>
    ethernet(
      made.mac,
      0x8100,
      Buffer.concat([Buffer.from('00000800', 'hex'), udp(own, '1.1.1.1', 9)]),
      macOfTap,
    );

  it.each(lies)('%s goes nowhere', async (_what, frame, rule) => {
    await guest?.send(frame());
    await expect.poll(refused).toEqual({ [rule]: 1 });
  });

  it('a packet for another VM goes nowhere', async () => {
    const holder = await FrameSender.hold(machine?.host.name ?? '', neighbour.device);
    await guest?.send(ip(udp(own, neighbour.address.slice(0, -3), 9)));
    await expect.poll(refused).toEqual({ neighbour: 1 });
    await holder.close();
  });

  it('a question for the gateway and a packet for the internet pass', async () => {
    await guest?.send(arp(made.mac, own, '10.200.0.1'));
    await guest?.send(ip(udp(own, '1.1.1.1', 9)));
    const seen = () => machine?.world.run('cat', ['/proc/net/snmp']);
    await expect.poll(seen).toMatch(/^Ip: (\d+ ){2}[1-9]/m);
    expect(await refused()).toEqual({});
  });

  it('a question for a resolver in a private network passes by way of the gateway, and only as one', async () => {
    const resolver = '192.168.9.9';
    await machine?.network({ dns: { kind: 'forwarded', resolver } }).mend();
    await guest?.send(ip(udp(own, resolver, 53)));
    await guest?.send(ip(udp(own, resolver, 80)));
    await expect.poll(refused).toEqual({ 'closed-range': 2 });
    await guest?.send(ip(udp(own, made.gateway, 53)));
    const seen = () => machine?.world.run('cat', ['/proc/net/snmp']);
    await expect.poll(seen).toMatch(/^Ip: (\d+ ){2}[1-9]/m);
    expect(await refused()).toEqual({ 'closed-range': 2 });
  });

  it('a tap without rules of its own reaches nothing', async () => {
    await machine?.host.run('nft', ['flush', 'set', 'inet', 'bellows', 'guests']);
    await machine?.host.run('nft', ['delete', 'chain', 'netdev', 'bellows', made.device]);
    await guest?.send(ip(udp(own, '1.1.1.1', 9)));
    await expect.poll(refused).toEqual({ 'unknown-guest': 1 });
  });
});
