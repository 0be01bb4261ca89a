// From the text of a setting to a part of the guests' network.

import { isIPv4 } from 'node:net';
import { type Ipv4Range, parseIpv4Range } from '../../domain/network/ipv4.ts';
import type { DnsPolicy, Exception, Port } from '../../domain/network/policy.ts';
import { names } from './parsers.ts';

/** `10.200.0.0/16` */
export function range(value: string): Ipv4Range {
  const parsed = parseIpv4Range(value.trim());
  if (parsed === undefined)
    throw new Error(`"${value}" is no network such as 10.200.0.0/16, nor an IPv4 address`);
  return parsed;
}

export const ranges = (value: string): readonly Ipv4Range[] => names(value).map(range);

/** `tcp:5000` */
export const services = (value: string): readonly Port[] =>
  names(value).map((entry) => {
    const [protocol = '', port = '', ...rest] = entry.split(':');
    if (rest.length > 0) throw new Error(`"${entry}" is no port such as tcp:5000`);
    return { protocol: protocolOf(protocol, entry), port: portOf(port, entry) };
  });

/** `10.1.2.3:tcp:443`, `10.0.0.0/8:tcp:8000-8999` */
export const exceptions = (value: string): readonly Exception[] =>
  names(value).map((entry) => {
    const [to = '', protocol = '', ports = '', ...rest] = entry.split(':');
    if (rest.length > 0) throw new Error(`"${entry}" is none such as 10.1.2.3:tcp:443`);
    const [from = '', until = from] = ports.split('-');
    return {
      to: range(to),
      protocol: protocolOf(protocol, entry),
      ports: { from: portOf(from, entry), to: portOf(until, entry) },
    };
  });

/** `host`, `served`, or the address of a resolver. */
export function dns(value: string): DnsPolicy | 'host' {
  if (value === 'host') return 'host';
  if (value === 'served') return { kind: 'served' };
  if (isIPv4(value)) return { kind: 'forwarded', resolver: value };
  throw new Error(`"${value}" is neither host nor served nor an IPv4 address`);
}

/** `200000-204095`: the first and the last. */
export function users(value: string): { first: number; count: number } {
  const [, first = '', last = ''] = /^(\d+)-(\d+)$/.exec(value.trim()) ?? [];
  const count = Number(last) - Number(first) + 1;
  if (first === '' || Number(first) < 1 || count < 1 || Number(last) > 2 ** 31)
    throw new Error(`"${value}" are no users such as 200000-204095, of which none may be root`);
  return { first: Number(first), count };
}

function protocolOf(text: string, entry: string): 'tcp' | 'udp' {
  if (text === 'tcp' || text === 'udp') return text;
  throw new Error(`"${entry}" names neither tcp nor udp`);
}

function portOf(text: string, entry: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Error(`"${entry}" names no port from 1 to 65535`);
  return port;
}
