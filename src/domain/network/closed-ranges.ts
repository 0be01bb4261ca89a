import { assert } from '../bug.ts';
import { type Ipv4Range, parseIpv4Range } from './ipv4.ts';

/**
 * What is not the internet, by the IANA's registry of special-purpose addresses (RFC 6890) and RFC 5771. The comment after
 * each range is its name there.
 */
export const closedRanges: readonly Ipv4Range[] = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private use
  '100.64.0.0/10', // shared address space of providers
  '127.0.0.0/8', // loopback
  '172.16.0.0/12', // private use
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relay anycast
  '192.168.0.0/16', // private use
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and the limited broadcast
].map(range);

/**
 * Where clouds answer their own machines: AWS, GCP, Azure, Oracle, DigitalOcean and others (link-local), Azure's wire server,
 * Alibaba. AWS also answers on fd00:ec2::254, which falls with all of IPv6.
 */
export const metadataRanges: readonly Ipv4Range[] = [
  '169.254.0.0/16',
  '168.63.129.16/32',
  '100.100.100.200/32',
].map(range);

function range(text: string): Ipv4Range {
  const parsed = parseIpv4Range(text);
  assert(parsed !== undefined, `${text} is no range`);
  return parsed;
}
