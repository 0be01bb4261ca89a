// Real taps and real rules, on a host of the test's own: a network namespace.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameSender } from '../../../test/support/frame-sender.ts';
import { makeNetworkHost, type NetworkHost } from '../../../test/support/network-host.ts';
import { type NetworkNamespace, whyNoNamespaces } from '../../../test/support/network-namespace.ts';
import { vmId } from '../../domain/ids.ts';
import type { LinuxNetwork } from './linux-network.ts';

const reason = whyNoNamespaces();
const one = vmId('vm-00000000000a');
const other = vmId('vm-00000000000b');

describe.skipIf(reason !== undefined)(`a host's network for VMs${reason ? ` (${reason})` : ''}`, () => {
  let machine: NetworkHost | undefined;
  let host: NetworkNamespace;
  let network: LinuxNetwork;
  let networkWith: NetworkHost['network'];
  let rules: NetworkHost['rules'];
  let said: readonly string[];

  beforeEach(async () => {
    machine = await makeNetworkHost();
    ({ host, said, network: networkWith, rules } = machine);
    network = networkWith();
    await host.run('ip', ['link', 'set', 'dev', 'uplink', 'mtu', '1400']);
  });
  afterEach(() => machine?.close());

  it('gives a VM a tap of its own, the same however often it is asked', async () => {
    const made = await network.open(one);
    expect(made).toEqual({
      kind: 'tap',
      device: 'bw-00000000000a',
      owner: 0,
      mac: expect.stringMatching(/^02:be:0a:c8:/),
      address: expect.stringMatching(/^10\.200\.\d+\.\d+\/32$/),
      gateway: '10.200.0.1',
      nameserver: '10.200.0.1',
      mtu: 1400,
    });
    expect(await network.open(one)).toEqual(made);
    expect(await network.find()).toEqual([one]);
    expect(await network.problems()).toEqual([]);
    expect(said).toContain('turned on forwarding of packets, which VMs need to reach the internet');
    const settings = [
      'net.ipv4.conf.bw-00000000000a.rp_filter',
      'net.ipv6.conf.bw-00000000000a.disable_ipv6',
    ];
    expect(await host.run('sysctl', ['-n', ...settings])).toBe('1\n1\n');
  });

  it('gives each tap a user of its own, and the same again', async () => {
    const owned = networkWith({}, { first: 900_000, count: 2 });
    const [first, second] = await Promise.all([owned.open(one), owned.open(other)]);
    expect([first.owner, second.owner]).toEqual([900_000, 900_001]);
    expect((await owned.open(other)).owner).toBe(900_001);
    await expect(owned.open(vmId('vm-00000000000c'))).rejects.toThrow('all 2 users for VMs are taken');
    await owned.close(one);
    expect((await owned.open(vmId('vm-00000000000c'))).owner).toBe(900_000);
    expect(await host.run('cat', ['/sys/class/net/bw-00000000000c/owner'])).toBe('900000\n');
  });

  it('lets no user open the tap who is not its owner', async () => {
    const { device, owner } = await networkWith({}, { first: 900_000, count: 2 }).open(one);
    const open = `
      import fcntl, os, struct, sys
      tun = os.open('/dev/net/tun', os.O_RDWR)
      os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
      fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH', sys.argv[1].encode(), 0x5002))
    `.replaceAll('\n      ', '\n');
    const openAs = (user: number) => host.run('python3', ['-c', open, device, `${user}`]);
    await expect(openAs(owner + 1)).rejects.toThrow('Operation not permitted');
    await openAs(owner);
  });

  it('gives two VMs that come at once two addresses', async () => {
    const [first, second] = await Promise.all([network.open(one), network.open(other)]);
    expect(first.address).not.toBe(second.address);
    expect(await network.find()).toEqual([one, other]);
  });

  it('takes everything of a VM away, and nothing of the other', async () => {
    await network.open(one);
    const kept = await network.open(other);
    await network.close(one);
    await network.close(one);
    expect(await network.find()).toEqual([other]);
    expect(await rules()).not.toContain('bw-00000000000a');
    expect(await rules()).toContain(`"bw-00000000000b" . ${kept.mac} . ${kept.address.slice(0, -3)}`);
    expect(await network.problems()).toEqual([]);
  });

  it('waits with taking a tap away until nobody holds it', async () => {
    await network.open(one);
    const holder = await FrameSender.hold(host.name, 'bw-00000000000a');
    let closed = false;
    const closing = network.close(one).then(() => {
      closed = true;
    });
    await network.open(other);
    expect(closed).toBe(false);
    await holder.close();
    await closing;
    expect(await network.find()).toEqual([other]);
  });

  it('finds what a crash left half made, and finishes or removes it', async () => {
    await host.run('ip', ['tuntap', 'add', 'dev', 'bw-00000000000a', 'mode', 'tap']);
    await host.run('ip', ['tuntap', 'add', 'dev', 'bw-00000000000b', 'mode', 'tap']);
    expect(await network.find()).toEqual([one, other]);
    expect((await network.open(one)).device).toBe('bw-00000000000a');
    await network.close(other);
    await host.run('ip', ['link', 'delete', 'dev', 'bw-00000000000a']);
    await network.close(one);
    expect(await network.find()).toEqual([]);
    expect(await rules()).not.toContain('bw-0000');
  });

  it('tells of flushed rules and mends them, with those of the VMs that run', async () => {
    await network.open(one);
    await host.run('nft', ['flush', 'ruleset']);
    expect(await network.problems()).toEqual([expect.stringContaining('the table bellows is missing')]);
    expect(await network.mend()).toContain('missing');
    expect(await network.mend()).toBeUndefined();
    expect(await network.problems()).toEqual([]);
    await host.run('nft', ['flush', 'chain', 'inet', 'bellows', 'through-host']);
    expect(await network.mend()).toMatch(/a rule ".*" is missing/);
    await host.run('nft', ['delete', 'chain', 'netdev', 'bellows', 'bw-00000000000a']);
    expect(await network.mend()).toMatch(/a rule ".*" is missing/);
    await host.run('nft', ['flush', 'set', 'inet', 'bellows', 'guests']);
    expect(await network.mend()).toBe(`${one} has no rules`);
    expect(await networkWith({ maxConnections: 5 }).mend()).toBe('the rules are those of another policy');
  });

  it('holds a VM to a rate, both ways', async () => {
    await networkWith({ bytesPerSecond: 1_000_000 }).open(one);
    expect(await host.run('tc', ['qdisc', 'show', 'dev', 'bw-00000000000a'])).toMatch(/tbf .* rate 8Mbit/);
    expect(await rules()).toContain('limit rate over 1000000 bytes/second');
  });

  it('refuses a pool that the host uses already', async () => {
    await host.run('ip', ['address', 'add', '10.200.3.1/24', 'dev', 'uplink']);
    await expect(network.open(one)).rejects.toThrow('overlaps 10.200.3.0/24');
  });

  it('leaves nothing behind when it is removed', async () => {
    const before = await host.run('ip', ['-o', 'address']);
    await network.open(one);
    await network.open(other);
    await network.removeAll();
    await network.removeAll();
    expect(await network.find()).toEqual([]);
    expect(await rules()).toBe('');
    expect(await host.run('ip', ['-o', 'address'])).toBe(before);
  });
});
