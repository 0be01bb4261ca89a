// The guest's end of the link where there is vsock and no serial port: Node does not speak vsock, so a relay that does
// (socat) hands each connection of the host on to a Unix socket of ours (guest/init, relay-vsock).

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { PumpStream } from '../../src/wire/guest-protocol/channel-pump.ts';

/** Kinds of virtio devices (virtio 1.2, section 5). */
const consoleKind = '0x0003';
const vsockKind = '0x0013';

/**
 * Whether the machine has vsock and no serial port, by `/sys/bus/virtio/devices`. The devices are there from the start, even
 * where their drivers load later: disks are among them.
 */
export function speaksVsock(devicesFolder: string): boolean {
  const kinds = new Set(listed(devicesFolder).map((device) => kindOf(`${devicesFolder}/${device}/device`)));
  return kinds.has(vsockKind) && !kinds.has(consoleKind);
}

/** Listens at `path`; gives a stream for each connection. A new one ends the one before: the host has one agent. */
export async function* listenAt(path: string): AsyncGenerator<PumpStream> {
  // Loaded when it is needed: a machine with a serial port starts without it.
  const { createServer } = await import('node:net');
  rmSync(path, { force: true });
  let current: Socket | undefined;
  let coming: Socket | undefined;
  let wake: () => void = () => {};
  const server = createServer((socket) => {
    // Told by `write`, and by the end of what comes in.
    socket.on('error', () => {});
    current?.destroy();
    coming?.destroy();
    coming = socket;
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  try {
    for (;;) {
      while (coming === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      current = coming;
      coming = undefined;
      yield streamOf(current);
    }
  } finally {
    current?.destroy();
    coming?.destroy();
    server.close();
  }
}

function streamOf(socket: Socket): PumpStream {
  return {
    incoming: chunksOf(socket),
    close: () => socket.destroy(),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
      }),
  };
}

async function* chunksOf(socket: Socket): AsyncGenerator<Uint8Array> {
  try {
    yield* socket;
  } catch {
    // Broken, or ended for a newer one: for the reader the same as the host's end.
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // No virtio at all.
    return [];
  }
}

function kindOf(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    // The device went away.
    return '';
  }
}
