import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closePromptly } from './closing.ts';

let app: FastifyInstance;
let port: number;
let answer: () => void;
const sockets: Socket[] = [];

async function start(mostMs: number): Promise<void> {
  app = fastify({ forceCloseConnections: 'idle' });
  closePromptly(app, mostMs);
  const held = Promise.withResolvers<void>();
  answer = held.resolve;
  app.get('/now', async () => 'now');
  app.post('/held', async ({ body }) => {
    await held.promise;
    return body;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as { port: number }).port;
}

/** A connection on which `text` was sent and came in; gives what has been answered. */
async function sending(text: string): Promise<{ socket: Socket; heard: () => string }> {
  const accepted = once(app.server, 'connection');
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let heard = '';
  socket.on('data', (data) => {
    heard += data;
  });
  const [theirs] = (await accepted) as [Socket];
  socket.write(text);
  while (theirs.bytesRead < text.length) await new Promise((resolve) => setImmediate(resolve));
  return { socket, heard: () => heard };
}

const head = 'POST /held HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n';

// Without what is tested each of these takes 72 s or never ends, and the test its time-out.
beforeEach(() => start(600_000));
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  app.server.closeAllConnections();
});

describe('closing the server', () => {
  it('does not wait for connections on which nothing was sent', async () => {
    const { socket } = await sending('');
    const gone = once(socket, 'close');
    await app.close();
    await gone;
  });

  it('does not wait for connections that were used before', async () => {
    const { socket, heard } = await sending('GET /now HTTP/1.1\r\nHost: x\r\n\r\n');
    while (!heard().endsWith('now')) await once(socket, 'data');
    await app.close();
  });

  it('waits for a request under way, and not for another one on the same connection', async () => {
    const request = once(app.server, 'request');
    const { socket, heard } = await sending(`${head}\r\nhello`);
    await request;
    const gone = once(socket, 'close');
    let closed = false;
    const closing = app.close().then(() => {
      closed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(closed).toBe(false);
    answer();
    await closing;
    await gone;
    expect(heard()).toMatch(/^HTTP\/1.1 200[\s\S]*hello$/);
  });

  it('waits for the rest of a request', async () => {
    const request = once(app.server, 'request');
    const { socket, heard } = await sending(`${head}\r\nhel`);
    await request;
    const closing = app.close();
    answer();
    socket.write('lo');
    await closing;
    while (!heard().endsWith('hello')) await once(socket, 'data');
  });

  it.each([head, `${head}\r\nhel`])('waits no longer than it may for the rest of %j', async (part) => {
    await app.close();
    await start(50);
    const { socket } = await sending(part);
    const gone = once(socket, 'close');
    await app.close();
    await gone;
  });
});
