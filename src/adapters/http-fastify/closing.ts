// Closing takes as long as the requests under way, and no longer. By itself Node waits for every connection: for 72 s when one was in
// use as the closing began, and for ever on one that a browser or a load balancer opened ahead of need and has sent nothing on.

import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Whoever still sends or reads a request so long after the closing began is cut off. */
export function closePromptly(app: FastifyInstance, mostMs: number): void {
  const { server } = app;
  const connections = new Set<Socket>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    // It came while those under way are finished; what it would ask is not answered any more.
    if (closing) socket.destroy();
    else connections.add(socket.once('close', () => connections.delete(socket)));
  });
  app.addHook('preClose', async () => {
    closing = true;
    // Those in use end when they are answered.
    server.keepAliveTimeout = 1;
    server.keepAliveTimeoutBuffer = 0;
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    const cut = setTimeout(() => server.closeAllConnections(), mostMs);
    server.once('close', () => clearTimeout(cut));
  });
}
