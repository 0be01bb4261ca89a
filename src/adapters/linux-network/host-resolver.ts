import { readFile } from 'node:fs/promises';
import { parseIpv4 } from '../../domain/network/ipv4.ts';
import type { DnsPolicy } from '../../domain/network/policy.ts';

/** The second is where systemd-resolved lists whom it asks itself (systemd-resolved.service(8)). */
const resolverFiles = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/**
 * The first resolver on another machine that the host asks. A resolver on the host's own loopback does not hear guests, so
 * with nothing else the operator has to let one listen on the gateway address: `served`.
 */
export async function hostResolver(files: readonly string[] = resolverFiles): Promise<DnsPolicy> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const resolver = nameServers(text).find((address) => !address.startsWith('127.'));
    if (resolver !== undefined) return { kind: 'forwarded', resolver };
  }
  return { kind: 'served' };
}

/** The IPv4 addresses of a resolv.conf(5), in its order. */
export function nameServers(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .filter((address) => parseIpv4(address) !== undefined);
}
