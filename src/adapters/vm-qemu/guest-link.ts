// The host's end of a virtio-serial port. QEMU listens and takes one connection at a time: a restarted agent connects
// again, and what was said meanwhile is the business of the protocol above.

import type { ByteStream, GuestLink } from '../../ports/guest-link.ts';
import { connectTo } from './unix-socket.ts';

export function qemuGuestLink(): GuestLink {
  return {
    connect: async (vm, socketPath) => {
      const socket = await connectTo(socketPath).catch((cause: unknown) => {
        throw new Error(`the guest link of ${vm} is not there`, { cause });
      });
      // An error ends the iteration and is told by `write`; without a listener it would end the agent.
      socket.on('error', () => undefined);
      return {
        incoming: chunksOf(socket),
        close: () => socket.destroy(),
        write: (bytes) =>
          new Promise((resolve, reject) => {
            socket.write(bytes, (error) => {
              if (error === null || error === undefined) resolve();
              else reject(new Error(`the guest link of ${vm} is closed`, { cause: error }));
            });
          }),
      } satisfies ByteStream;
    },
  };
}

async function* chunksOf(socket: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* socket;
  } catch {
    // Reset or closed by us: for the reader the same as the other side's end.
  }
}
