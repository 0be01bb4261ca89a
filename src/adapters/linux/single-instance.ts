import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Makes sure that one process at a time works on `folder`: two agents on one journal would start every VM twice. Held by an
 * abstract Unix socket, which the kernel frees with its process, however that ends. Gives a function that lets go.
 * @throws when another process holds it.
 */
export async function holdAlone(folder: string): Promise<() => void> {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const busy = 'code' in cause && cause.code === 'EADDRINUSE';
      reject(busy ? new Error(`another agent works on ${folder}: stop it first`) : cause);
    });
    server.listen(`\0bellows-agent-${name}`, resolve);
  });
  server.unref();
  return () => server.close();
}
