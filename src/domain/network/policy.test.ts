import { describe, expect, it } from 'vitest';
import { closedRanges, metadataRanges } from './closed-ranges.ts';
import { contains, parseIpv4, parseIpv4Range } from './ipv4.ts';
import { defaultLimits, defaultPool, type NetworkPolicy, policyProblems } from './policy.ts';

const policy: NetworkPolicy = {
  pool: defaultPool,
  dns: { kind: 'served' },
  services: [],
  allow: [],
  deny: [],
  ...defaultLimits,
  bytesPerSecond: undefined,
};
const range = (text: string) => parseIpv4Range(text) ?? { base: 0, bits: 0 };
const problems = (changes: Partial<NetworkPolicy>) =>
  policyProblems({ ...policy, ...changes }, { connected: [range('192.168.1.0/24')] });

describe('a network policy', () => {
  it('is in order by default', () => {
    expect(problems({})).toEqual([]);
  });

  it.each<[string, Partial<NetworkPolicy>, string]>([
    ['a pool that the host is connected to', { pool: range('192.168.0.0/16') }, 'overlaps 192.168.1.0/24'],
    ['a pool without room', { pool: range('10.0.0.0/31') }, 'too small'],
    [
      'a resolver on the loopback, which guests do not reach',
      { dns: { kind: 'forwarded', resolver: '127.0.0.53' } },
      "another machine's",
    ],
    ['a resolver that is none', { dns: { kind: 'forwarded', resolver: 'dns.example' } }, 'dns.example'],
    ['a port that is none', { services: [{ protocol: 'tcp', port: 0 }] }, '0 is no port'],
    [
      'ports in the wrong order',
      { allow: [{ to: range('10.1.0.0/16'), protocol: 'tcp', ports: { from: 9, to: 8 } }] },
      '9-8',
    ],
    ['no connections at all', { maxConnections: 0 }, 'no limit for connections'],
    ['half a byte', { bytesPerSecond: 0.5 }, '0.5 is no limit for bytes'],
  ])('is not with %s', (_what, changes, word) => {
    expect(problems(changes)).toEqual([expect.stringContaining(word)]);
  });
});

describe('the closed ranges', () => {
  it.each([
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '0.0.0.0',
    '224.0.0.251',
    '239.255.255.250',
    '255.255.255.255',
  ])('hold %s', (address) => {
    expect(closedRanges.some((one) => contains(one, parseIpv4(address) ?? 0))).toBe(true);
  });
  it.each(['169.254.169.254', '169.254.170.2', '168.63.129.16', '100.100.100.200'])(
    'of metadata hold %s',
    (address) => {
      expect(metadataRanges.some((one) => contains(one, parseIpv4(address) ?? 0))).toBe(true);
    },
  );
  it.each(['1.1.1.1', '140.82.112.3', '172.32.0.1', '100.128.0.1', '192.169.0.1', '223.255.255.255'])(
    'leave %s open',
    (address) => {
      expect(closedRanges.some((one) => contains(one, parseIpv4(address) ?? 0))).toBe(false);
    },
  );
});
