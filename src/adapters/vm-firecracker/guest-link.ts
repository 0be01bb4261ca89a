// The host's end of Firecracker's vsock: a Unix socket in the jail, at which one asks for a port of the guest and is told
// `OK` (firecracker/docs/vsock.md). A restarted agent asks again; what was said meanwhile is the business of the protocol
// above.

import { readlink } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Clock } from '../../ports/clock.ts';
import type { ByteStream, GuestLink } from '../../ports/guest-link.ts';
import { guestVsockPort } from '../../wire/guest-protocol/limits.ts';
import { connectToJail } from './jail-socket.ts';

/** A guest that does not listen yet refuses; one whose driver is not loaded yet lets us wait. */
const greetingMs = 2000;
const longestGreeting = 32;

export function firecrackerGuestLink(clock: Clock): GuestLink {
  return {
    connect: async (vm, socketPath) => {
      try {
        // The driver puts a link here that leads into the jail.
        const socket = await connectToJail(await readlink(socketPath));
        await greet(socket, clock);
        return streamOf(socket, vm);
      } catch (cause) {
        throw new Error(`the guest link of ${vm} is not there`, { cause });
      }
    },
  };
}

async function greet(socket: Socket, clock: Clock): Promise<void> {
  const done = new AbortController();
  const late = clock.sleep(greetingMs, done.signal).then(
    () => socket.destroy(new Error(`the guest did not answer in ${greetingMs / 1000} s`)),
    // It did.
    () => undefined,
  );
  try {
    socket.write(`CONNECT ${guestVsockPort}\n`);
    const answer = await firstLine(socket);
    if (!/^OK \d+$/.test(answer)) throw new Error(`the guest does not take the connection: ${answer}`);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    done.abort();
    await late;
    // An error ends the iteration and is told by `write`; without a listener it would end the agent.
    socket.on('error', () => undefined);
  }
}

/** What follows the line is left in the socket. */
function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const look = (): void => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        seen = Buffer.concat([seen, chunk]);
        if (seen.includes(10) || seen.length > longestGreeting) break;
      }
      const end = seen.indexOf(10);
      if (end < 0 && seen.length <= longestGreeting) return;
      socket.off('readable', look).off('end', ended).off('error', reject);
      if (end + 1 < seen.length) socket.unshift(seen.subarray(end + 1));
      resolve(seen.subarray(0, Math.max(0, end)).toString('latin1'));
    };
    const ended = () => reject(new Error('the guest does not listen'));
    socket.on('readable', look).once('end', ended).once('error', reject);
  });
}

function streamOf(socket: Socket, vm: string): ByteStream {
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
  };
}

async function* chunksOf(socket: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* socket;
  } catch {
    // Reset or closed by us: for the reader the same as the other side's end.
  }
}
