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
