// The host's side of the guest link for tests and benches: connects, and hands over what the guest says.

import { randomUUID } from 'node:crypto';
import type { ByteStream, GuestLink } from '../../src/ports/guest-link.ts';
import type { MachineSpec } from '../../src/ports/vm-driver.ts';
import { type Pump, pump } from '../../src/wire/guest-protocol/channel-pump.ts';
import { fromGuest, type GuestMessage, type HostMessage } from '../../src/wire/guest-protocol/messages.ts';
import { ReliableChannel } from '../../src/wire/guest-protocol/reliable-channel.ts';

export interface GuestConversation {
  /** What the guest said so far, with the host's time (performance.now()). */
  readonly heard: readonly { message: GuestMessage; atMs: number }[];
  /** The first message of this type, waited for. */
  first<T extends GuestMessage['type']>(
    type: T,
    matches?: (message: Extract<GuestMessage, { type: T }>) => boolean,
  ): Promise<{ message: Extract<GuestMessage, { type: T }>; atMs: number }>;
  say(message: HostMessage): void;
  close(): void;
}

/** Connects as soon as the VM's socket is there, and again when the connection breaks. */
export async function converse(
  link: GuestLink,
  machine: Pick<MachineSpec, 'vm' | 'guestSocketPath'>,
): Promise<GuestConversation> {
  const heard: { message: GuestMessage; atMs: number }[] = [];
  const waiting = new Set<() => void>();
  const channel = new ReliableChannel({ role: 'asks', session: randomUUID(), acknowledges: 'at-once' });
  let carrier: Pump | undefined;
  let closed = false;
  const attach = async (): Promise<void> => {
    carrier = pump(channel, await connectWhenThere(link, machine, () => closed), {
      now: () => performance.now(),
      sleep: (ms, signal) => pause(ms, signal),
      onMessage: ({ body }) => {
        heard.push({ message: fromGuest.parse(body), atMs: performance.now() });
        for (const look of waiting) look();
      },
    });
    carrier.done.then(() => (closed ? undefined : attach())).catch(() => undefined);
  };
  await attach();
  return {
    heard,
    first: (type, matches = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          for (const { message, atMs } of heard) {
            if (!isOf(message, type) || !matches(message)) continue;
            waiting.delete(look);
            resolve({ message, atMs });
            return;
          }
        };
        waiting.add(look);
        look();
      }),
    say: (message) => {
      channel.send(message);
      carrier?.wake();
    },
    close: () => {
      closed = true;
      carrier?.close();
    },
  };
}

function isOf<T extends GuestMessage['type']>(
  message: GuestMessage,
  type: T,
): message is Extract<GuestMessage, { type: T }> {
  return message.type === type;
}

async function connectWhenThere(
  link: GuestLink,
  machine: Pick<MachineSpec, 'vm' | 'guestSocketPath'>,
  isClosed: () => boolean,
): Promise<ByteStream> {
  for (;;) {
    try {
      return await link.connect(machine.vm, machine.guestSocketPath);
    } catch (error) {
      if (isClosed()) throw error;
      await pause(5);
    }
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
