// Hosts with another firewall: what we tell of it, and that Docker's lets our guests through.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameSender } from '../../../test/support/frame-sender.ts';
import { makeNetworkHost, type NetworkHost } from '../../../test/support/network-host.ts';
import { whyNoNamespaces } from '../../../test/support/network-namespace.ts';
import { ethernet, udp } from '../../../test/support/packets.ts';
import { hasProgram } from '../../../test/support/product.ts';
import { vmId } from '../../domain/ids.ts';
import { foreignFirewalls } from './foreign-firewalls.ts';

const reason = whyNoNamespaces() ?? (hasProgram('iptables') ? undefined : 'needs iptables');

describe.skipIf(reason !== undefined)(`a host with Docker${reason ? ` (${reason})` : ''}`, () => {
  let machine: NetworkHost | undefined;
  let run: NetworkHost['host']['run'];
  beforeEach(async () => {
    machine = await makeNetworkHost();
    ({ run } = machine.host);
    await run('iptables', ['-N', 'DOCKER-USER']);
    await run('iptables', ['-A', 'FORWARD', '-j', 'DOCKER-USER']);
    await run('iptables', ['-P', 'FORWARD', 'DROP']);
  });
  afterEach(() => machine?.close());

  it('says what Docker refuses, until our guests pass it', async () => {
    const network = machine?.network();
    expect(await network?.foreignFirewalls()).toMatchObject([
      {
        name: 'docker',
        hook: 'forward',
        admitsGuests: false,
        remedy: expect.stringContaining('restart the agent'),
      },
    ]);
    const made = await network?.open(vmId('vm-00000000000a'));
    await network?.mend();
    expect(await network?.foreignFirewalls()).toMatchObject([
      { name: 'docker', admitsGuests: true, remedy: '' },
    ]);
    expect(await network?.problems()).toEqual([]);
    const rules = await run('iptables', ['-S', 'DOCKER-USER']);
    expect(rules.match(/ACCEPT/g)).toHaveLength(2);

    const guest = await FrameSender.hold(machine?.host.name ?? '', made?.device ?? '');
    const [, tap = ''] =
      /link\/ether (\S+)/.exec(await run('ip', ['link', 'show', made?.device ?? ''])) ?? [];
    const packet = udp(made?.address.slice(0, -3) ?? '', '1.1.1.1', 9);
    await guest.send(ethernet(made?.mac ?? '', 0x0800, packet, tap));
    const seen = () => machine?.world.run('cat', ['/proc/net/snmp']);
    await expect.poll(seen).toMatch(/^Ip: (\d+ ){2}[1-9]/m);
    await guest.close();

    await network?.removeAll();
    expect(await run('iptables', ['-S', 'DOCKER-USER'])).not.toContain('ACCEPT');
  });
});

describe('other firewalls', () => {
  const chain = (table: string, name: string, hook: string, policy: string, family = 'ip') => ({
    chain: { family, table, name, hook, type: 'filter', prio: 0, policy },
  });
  const told = (items: object[], legacy = '') =>
    foreignFirewalls(JSON.stringify({ nftables: items }), legacy, '10.200.0.1');

  it('are none on a host that has only ours, and chains that accept', () => {
    expect(
      told([
        chain('bellows', 'forward', 'forward', 'drop', 'inet'),
        chain('filter', 'FORWARD', 'forward', 'accept'),
        chain('filter', 'OUTPUT', 'output', 'drop'),
      ]),
    ).toEqual([]);
  });

  it('are ufw, with what to do about each hook', () => {
    const own = {
      rule: {
        family: 'ip',
        table: 'filter',
        chain: 'INPUT',
        expr: [{ jump: { target: 'ufw-before-input' } }],
      },
    };
    expect(
      told([chain('filter', 'INPUT', 'input', 'drop'), chain('filter', 'FORWARD', 'forward', 'drop'), own]),
    ).toMatchObject([
      { name: 'ufw', hook: 'input', remedy: 'ufw allow in on bw-+ to 10.200.0.1' },
      { name: 'ufw', hook: 'forward', remedy: expect.stringContaining('ufw route allow in on bw-+') },
    ]);
  });

  it('are firewalld, which accepts by policy and refuses by its last rule', () => {
    const last = {
      rule: {
        family: 'inet',
        table: 'firewalld',
        chain: 'filter_FORWARD',
        expr: [{ reject: { type: 'icmpx' } }],
      },
    };
    expect(told([chain('firewalld', 'filter_FORWARD', 'forward', 'accept', 'inet'), last])).toMatchObject([
      {
        name: 'firewalld',
        chain: 'inet firewalld filter_FORWARD',
        remedy: expect.stringContaining('firewall-cmd'),
      },
    ]);
  });

  it('are also those that nft does not see', () => {
    expect(
      told([], '-P INPUT ACCEPT\n-P FORWARD DROP\n-N DOCKER-USER\n-A DOCKER-USER -i bw-+ -j ACCEPT'),
    ).toMatchObject([{ name: 'docker', chain: 'iptables-legacy FORWARD', admitsGuests: true }]);
    expect(told([], '-P FORWARD DROP')).toMatchObject([{ name: 'unknown', admitsGuests: false }]);
  });
});
