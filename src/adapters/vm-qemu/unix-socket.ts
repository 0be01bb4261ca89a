import { connect, type Socket } from 'node:net';

/** Resolves when connected. @throws what the system says, such as ENOENT or ECONNREFUSED. */
export function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
