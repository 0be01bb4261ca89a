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

describe('a port', () => {
  const service = (port: number) => problems({ services: [{ protocol: 'tcp', port }] });
  const allowed = (from: number, to: number) =>
    problems({ allow: [{ to: range('10.1.0.0/16'), protocol: 'tcp', ports: { from, to } }] });

  it('is a whole number from 1 to 65535', () => {
    for (const port of [1, 443, 65_535]) expect(service(port)).toEqual([]);
    for (const port of [-1, 0, 1.5, 65_536]) expect(service(port)).toEqual([`${port} is no port`]);
  });

  it('begins and ends a range that may be one port', () => {
    for (const [from, to] of [
      [1, 65_535],
      [443, 443],
    ] as const)
      expect(allowed(from, to)).toEqual([]);
    for (const [from, to] of [
      [0, 443],
      [443, 65_536],
      [444, 443],
    ] as const)
      expect(allowed(from, to)).toEqual([`${from}-${to} are no ports`]);
  });
});

describe('a pool and a resolver', () => {
  it('of four addresses has room for one guest', () => {
    expect(problems({ pool: range('10.0.0.0/30') })).toEqual([]);
  });

  it('that are another machine’s are in order, and a policy without a bound on bytes', () => {
    expect(problems({ dns: { kind: 'forwarded', resolver: '9.9.9.9' } })).toEqual([]);
    expect(problems({ bytesPerSecond: 1, connectionsPerSecond: 1, maxConnections: 1 })).toEqual([]);
    expect(problems({ connectionsPerSecond: 0 })).toEqual(['0 is no limit for new connections per second']);
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
