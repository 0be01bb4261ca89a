// The text is the product here, so it stands in a file beside: a change of it is to be read, line by line.

import { describe, expect, it } from 'vitest';
import { makeNetworkNamespace, whyNoNamespaces } from '../../../test/support/network-namespace.ts';
import { vmId } from '../ids.ts';
import { guestAt } from './address-plan.ts';
import { parseIpv4Range } from './ipv4.ts';
import { defaultLimits, defaultPool, type NetworkPolicy } from './policy.ts';
import { refusals } from './refusals.ts';
import { addGuest, removal, removeGuest, ruleset } from './ruleset.ts';

const range = (text: string) => parseIpv4Range(text) ?? { base: 0, bits: 0 };
const policy: NetworkPolicy = {
  pool: defaultPool,
  dns: { kind: 'forwarded', resolver: '192.168.1.1' },
  services: [{ protocol: 'tcp', port: 5000 }],
  allow: [{ to: range('192.168.7.0/24'), protocol: 'tcp', ports: { from: 443, to: 443 } }],
  deny: [range('93.184.216.0/24')],
  ...defaultLimits,
  bytesPerSecond: 10_000_000,
};
const host = { connected: [range('5.9.1.0/24')] };
const guest = guestAt(vmId('vm-0123456789ab'), '10.200.0.2');
const reason = whyNoNamespaces();

describe('the rules for guests', () => {
  it('are these', async () => {
    await expect(ruleset(policy, host, [guest], 'policy 1')).toMatchFileSnapshot('ruleset.golden.nft');
  });

  it('have a name, and a counter, for every refusal', () => {
    const text = ruleset(policy, host, [guest], 'policy 1');
    const named = [...text.matchAll(/counter drop comment "(\S+)"/g)].map(([, name]) => name);
    expect(new Set(named)).toEqual(new Set(Object.keys(refusals)));
    const dropping = text.split('\n').filter((line) => /\bdrop\b(?!;)/.test(line));
    expect(dropping).toHaveLength(named.length);
  });

  it('for one VM touch nothing of another', () => {
    const added = addGuest(guest, policy);
    for (const line of [...added.split('\n'), ...removeGuest(guest).split('\n')])
      expect(line).toMatch(/bw-0123456789ab|10\.200\.0\.2 \}/);
  });

  it('hand DNS on only to the resolver, and only what was asked of the gateway', () => {
    const text = ruleset(policy, host, [], '');
    expect(text).toContain(
      'ip daddr 10.200.0.1 meta l4proto { tcp, udp } th dport 53 dnat ip to 192.168.1.1',
    );
    expect(text).toContain('ct status dnat ip daddr 192.168.1.1');
    const served = ruleset({ ...policy, dns: { kind: 'served' } }, host, [], '');
    expect(served).not.toContain('dnat');
    expect(served).toContain('elements = { udp . 53, tcp . 53, tcp . 5000 }');
  });

  it.skipIf(reason !== undefined)(`are rules that nft takes${reason ? ` (${reason})` : ''}`, async () => {
    const space = await makeNetworkNamespace('rules');
    try {
      await space.run('ip', ['tuntap', 'add', 'dev', guest.device, 'mode', 'tap']);
      await space.run('nft', ['-c', '-f', '-'], ruleset(policy, host, [guest], 'policy 1'));
      await space.run('nft', ['-f', '-'], ruleset(policy, host, [], 'policy 1'));
      const before = await space.run('nft', ['list', 'ruleset']);
      // Twice, and the other way round, as a repeated step would.
      for (let time = 0; time < 2; time++) await space.run('nft', ['-f', '-'], addGuest(guest, policy));
      expect(await space.run('nft', ['list', 'ruleset'])).not.toBe(before);
      for (let time = 0; time < 2; time++) await space.run('nft', ['-f', '-'], removeGuest(guest));
      expect(await space.run('nft', ['list', 'ruleset'])).toBe(before);
      for (let time = 0; time < 2; time++) await space.run('nft', ['-f', '-'], removal);
      expect(await space.run('nft', ['list', 'ruleset'])).toBe('');
    } finally {
      await space.close();
    }
  });
});
