// What guests may reach, as the operator decides it. What no policy opens is closed; see `closed-ranges.ts` and `ruleset.ts`.

import { capacityOf } from './address-plan.ts';
import { formatIpv4Range, type Ipv4Range, overlap, parseIpv4 } from './ipv4.ts';

export interface NetworkPolicy {
  /** The guests' addresses; private ones that the host's other networks do not use. */
  pool: Ipv4Range;
  dns: DnsPolicy;
  /** What the host serves to guests on the gateway address, beside DNS: a mirror, a cache. */
  services: readonly Port[];
  /** Destinations that guests may reach though they lie in a closed range. */
  allow: readonly Exception[];
  /** Closed on top of what always is. */
  deny: readonly Ipv4Range[];
  /** Connections of one VM that the host keeps track of at the same time. */
  maxConnections: number;
  /** New connections of one VM. */
  connectionsPerSecond: number;
  /** Each way, for one VM; undefined for as much as the uplink gives. */
  bytesPerSecond: number | undefined;
}

/**
 * Guests ask the gateway address in any case. `forwarded`: the host's kernel hands their questions on to a resolver on another
 * machine. `served`: a resolver of the host listens on the gateway address.
 */
export type DnsPolicy = { kind: 'forwarded'; resolver: string } | { kind: 'served' };

export interface Port {
  protocol: 'tcp' | 'udp';
  port: number;
}

export interface Exception {
  to: Ipv4Range;
  protocol: 'tcp' | 'udp';
  /** Both included. */
  ports: { from: number; to: number };
}

/** Enough for a build that fetches thousands of packages; a fraction of what a host can track. */
export const defaultLimits = { maxConnections: 4000, connectionsPerSecond: 400 } as const;
export const defaultPool: Ipv4Range = { base: 0x0a_c8_00_00, bits: 16 };

/** What the host has by itself, which guests must not reach. */
export interface HostNets {
  /** Networks on the host's links, also public ones. */
  connected: readonly Ipv4Range[];
}

/** What is wrong with a policy on this host, for the operator; empty when nothing is. */
export function policyProblems(policy: NetworkPolicy, { connected }: HostNets): string[] {
  const pool = formatIpv4Range(policy.pool);
  const problems: string[] = [];
  if (capacityOf(policy.pool) < 1) problems.push(`the pool ${pool} is too small: give at least a /30`);
  for (const net of connected)
    if (overlap(net, policy.pool))
      problems.push(
        `the pool ${pool} overlaps ${formatIpv4Range(net)}, which this host is connected to: choose another pool`,
      );
  if (policy.dns.kind === 'forwarded') {
    const resolver = parseIpv4(policy.dns.resolver);
    if (resolver === undefined || resolver >>> 24 === 127)
      problems.push(
        `${policy.dns.resolver} cannot be the guests' resolver: it must be another machine's IPv4 address`,
      );
  }
  for (const { port } of policy.services) if (!isPort(port)) problems.push(`${port} is no port`);
  for (const { ports } of policy.allow)
    if (!isPort(ports.from) || !isPort(ports.to) || ports.from > ports.to)
      problems.push(`${ports.from}-${ports.to} are no ports`);
  for (const [name, limit] of [
    ['connections', policy.maxConnections],
    ['new connections per second', policy.connectionsPerSecond],
    ['bytes per second', policy.bytesPerSecond ?? 1],
  ] as const)
    if (!Number.isInteger(limit) || limit < 1) problems.push(`${limit} is no limit for ${name}`);
  return problems;
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;
