// What a VMM says, in pipes. Firecracker would write files without limit, and what it writes is the guest's doing; so it is
// given named pipes, which we copy into files that are bounded. It opens them for reading too and never waits for room: what
// is said while no agent lives is lost once a pipe is full (64 KiB), and the VM runs on.

import { execFile } from 'node:child_process';
import { constants, open } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import type { BoundedOutput } from './driver-options.ts';
import type { HostPath } from './jail.ts';

const execute = promisify(execFile);
/** By number: a `FileHandle` would close it behind the socket's back. */
const openNumber = promisify(open);

export interface WatchedPipe {
  /** Resolves when the last writer is gone and all it wrote is in the file. Never rejects. */
  drained: Promise<void>;
  close(): void;
}

/** Node cannot make pipes. */
export async function makePipes(paths: readonly HostPath[]): Promise<void> {
  await execute('mkfifo', ['-m', '0600', ...paths]);
}

/** A descriptor that keeps the pipe open at both ends, for whom it is handed to. */
export function holdPipe(path: HostPath): Promise<number> {
  return openNumber(path, constants.O_RDWR | constants.O_NONBLOCK);
}

/** Somebody else must hold the pipe already: it ends when nobody writes. */
export async function watchPipe(path: HostPath, output: BoundedOutput): Promise<WatchedPipe> {
  // There, though empty, from the start: a guest that boots well says nothing.
  await output.append(new Uint8Array());
  const fd = await openNumber(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  return { drained: copy(socket, output), close: () => socket.destroy() };
}

async function copy(socket: Socket, output: BoundedOutput): Promise<void> {
  try {
    for await (const chunk of socket) await output.append(chunk);
  } catch {
    // A help for people: a full disk must not end the VM's watch.
    socket.destroy();
  }
}
