// Sockets in a jail. The jail's folder belongs to the VM's user: a VMM that its guest has taken over could put a link to some
// other socket of the host there, and we connect as root. So the file is opened without following links, seen to be a
// socket, and connected to by its descriptor. That also lifts the limit of 107 bytes for a socket's path (unix(7)).

import { constants, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';

/** Linux: the same number on x86 and on arm64; Node does not name it. */
const O_PATH = 0o10000000;

export interface SocketFile {
  /** To connect to, as long as the file is open. */
  path: string;
  close(): Promise<void>;
}

/** @throws what the system says, such as ENOENT; also when the file is no socket. */
export async function openSocketFile(path: string): Promise<SocketFile> {
  const file = await open(path, O_PATH | constants.O_NOFOLLOW);
  // With both flags the system opens a link itself instead of refusing it (open(2)), so the kind is what decides.
  if (!(await file.stat()).isSocket()) {
    await file.close();
    throw new Error(`${path} is no socket`);
  }
  return { path: `/proc/self/fd/${file.fd}`, close: () => file.close() };
}

/** @throws as `openSocketFile`, or when nobody listens. */
export async function connectToJail(path: string): Promise<Socket> {
  const file = await openSocketFile(path);
  try {
    return await connected(file.path);
  } finally {
    await file.close();
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
