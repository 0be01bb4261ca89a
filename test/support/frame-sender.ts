// Stands where a VMM would: holds a tap open and sends what a guest might.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Reads frames in hexadecimal, one a line, and says `sent` after each; `held` once it has the tap. */
const program = `
import fcntl, os, struct, sys
tap = os.open('/dev/net/tun', os.O_RDWR)
# TUNSETIFF with IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
fcntl.ioctl(tap, 0x400454ca, struct.pack('16sH', sys.argv[1].encode(), 0x5002))
print('held', flush=True)
for line in sys.stdin:
    os.write(tap, bytes(10) + bytes.fromhex(line.strip()))
    print('sent', flush=True)
`;

export class FrameSender {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  static async hold(namespace: string, device: string): Promise<FrameSender> {
    const args = ['netns', 'exec', namespace, 'python3', '-c', program, device];
    const sender = new FrameSender(spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    await sender.#expect('held');
    return sender;
  }

  async send(frame: Uint8Array): Promise<void> {
    this.#child.stdin.write(`${Buffer.from(frame).toString('hex')}\n`);
    await this.#expect('sent');
  }

  async close(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.stdin.end();
    await gone;
  }

  async #expect(word: string): Promise<void> {
    const { value } = await this.#lines.next();
    if (value !== word) throw new Error(`the tap's holder said ${value ?? 'nothing'} instead of ${word}`);
  }
}

/** An Ethernet frame. `payload` follows the type. */
export function ethernet(from: string, type: number, payload: Uint8Array, to = 'ff:ff:ff:ff:ff:ff'): Buffer {
  return Buffer.concat([mac(to), mac(from), word(type), payload]);
}

/** An IPv4 packet with UDP in it, or another protocol's number with the same bytes. */
export function udp(
  from: string,
  to: string,
  port: number,
  { protocol = 17, options = Buffer.alloc(0) }: { protocol?: number; options?: Buffer } = {},
): Buffer {
  const body = Buffer.concat([word(40_000), word(port), word(12), word(0), Buffer.from('knock')]).subarray(
    0,
    12,
  );
  const head = Buffer.concat([
    Buffer.from([0x45 + options.length / 4, 0]),
    word(20 + options.length + body.length),
    Buffer.from([0, 1, 0, 0, 64, protocol, 0, 0]),
    ip(from),
    ip(to),
    options,
  ]);
  head.writeUInt16BE(checksum(head), 10);
  return Buffer.concat([head, body]);
}

export function arpRequest(senderMac: string, sender: string, target: string): Buffer {
  const kind = Buffer.from([0, 1, 8, 0, 6, 4, 0, 1]);
  return Buffer.concat([kind, mac(senderMac), ip(sender), Buffer.alloc(6), ip(target)]);
}

const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');
const ip = (text: string): Buffer => Buffer.from(text.split('.').map(Number));

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
