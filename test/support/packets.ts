// Frames and packets, byte by byte, for tests that play a hostile guest.

/** An Ethernet frame. `payload` follows the type. */
export function ethernet(from: string, type: number, payload: Uint8Array, to = 'ff:ff:ff:ff:ff:ff'): Buffer {
  return Buffer.concat([mac(to), mac(from), word(type), payload]);
}

export interface PacketOptions {
  /** Of IP; a multiple of four bytes. */
  options?: Buffer;
  sourcePort?: number;
  text?: string;
}

/** An IPv4 packet with UDP in it; without a checksum, which IPv4 allows. */
export function udp(from: string, to: string, port: number, given: PacketOptions = {}): Buffer {
  return ipv4(from, to, 17, datagram(port, given), given.options);
}

/** An IPv4 packet. */
export function ipv4(
  from: string,
  to: string,
  protocol: number,
  body: Buffer,
  options: Buffer = Buffer.alloc(0),
  fragment = 0,
): Buffer {
  const head = Buffer.concat([
    Buffer.from([0x45 + options.length / 4, 0]),
    word(20 + options.length + body.length),
    word(0x1234),
    word(fragment),
    Buffer.from([64, protocol, 0, 0]),
    ip(from),
    ip(to),
    options,
  ]);
  head.writeUInt16BE(checksum(head), 10);
  return Buffer.concat([head, body]);
}

/** The same datagram in two packets: the first has 8 bytes, the ports, and the second all that is said. */
export function udpInFragments(from: string, to: string, port: number, given: PacketOptions): Buffer[] {
  const body = datagram(port, given);
  const moreFollow = 0x2000;
  return [
    ipv4(from, to, 17, body.subarray(0, 8), undefined, moreFollow),
    ipv4(from, to, 17, body.subarray(8), undefined, 1),
  ];
}

/** A TCP segment that opens a connection, with text in it, as RFC 9293 allows. */
export function tcpSyn(
  from: string,
  to: string,
  port: number,
  { sourcePort = 40_000, text = '' }: PacketOptions,
): Buffer {
  const body = Buffer.concat([
    word(sourcePort),
    word(port),
    Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0]),
    Buffer.from(text),
  ]);
  const pseudo = Buffer.concat([ip(from), ip(to), Buffer.from([0, 6]), word(body.length)]);
  body.writeUInt16BE(checksum(Buffer.concat([pseudo, body])), 16);
  return ipv4(from, to, 6, body);
}

/** ICMP that tells a host to send what it sends to `about` through `by`; `text` is in the packet that it quotes. */
export function icmpRedirect(from: string, to: string, by: string, about: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([5, 1, 0, 0]), ip(by), about]);
  body.writeUInt16BE(checksum(body), 2);
  return ipv4(from, to, 1, body);
}

export function arpRequest(senderMac: string, sender: string, target: string): Buffer {
  const kind = Buffer.from([0, 1, 8, 0, 6, 4, 0, 1]);
  return Buffer.concat([kind, mac(senderMac), ip(sender), Buffer.alloc(6), ip(target)]);
}

/** An IPv6 packet; addresses as 32 hexadecimal digits. */
export function udp6(from: string, to: string, port: number, given: PacketOptions): Buffer {
  const body = datagram(port, given);
  return ipv6(from, to, 17, 6, body);
}

/** The announcement of a router with a lifetime of half an hour (RFC 4861, section 4.2). */
export function routerAdvertisement(from: string): Buffer {
  const body = Buffer.from([134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0]);
  return ipv6(from, allNodes, 58, 2, body, 255);
}

export const allNodes = 'ff020000000000000000000000000001';

function ipv6(from: string, to: string, next: number, sumAt: number, body: Buffer, hops = 64): Buffer {
  const ends = Buffer.from(from + to, 'hex');
  const pseudo = Buffer.concat([ends, Buffer.from([0, 0]), word(body.length), Buffer.from([0, 0, 0, next])]);
  body.writeUInt16BE(checksum(Buffer.concat([pseudo, body])), sumAt);
  return Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    word(body.length),
    Buffer.from([next, hops]),
    ends,
    body,
  ]);
}

function datagram(port: number, { sourcePort = 40_000, text = 'knock' }: PacketOptions): Buffer {
  return Buffer.concat([word(sourcePort), word(port), word(8 + text.length), word(0), Buffer.from(text)]);
}

const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');
const ip = (text: string): Buffer => Buffer.from(text.split('.').map(Number));

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function checksum(bytes: Buffer): number {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  let sum = 0;
  for (let at = 0; at < even.length; at += 2) sum += even.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
