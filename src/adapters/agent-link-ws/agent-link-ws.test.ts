import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { hostId } from '../../domain/ids.ts';
import { type AgentClaims, AgentLinkError, type AgentSocket } from '../../ports/agent-link.ts';
import { silentLog } from '../../ports/log.ts';
import { Secret } from '../../ports/secret.ts';
import { agentLinkPath, maxAgentMessageBytes } from '../../wire/agent-protocol.ts';
import { WebSocketDialer } from './dialer.ts';
import { type AgentListener, listenForAgents } from './listener.ts';
import { agentSocket } from './socket.ts';

const good = new Secret('good');
let server: Server;
let listener: AgentListener;
let url: string;
let accepted: { claims: AgentClaims; socket: AgentSocket }[];
let connections: Set<Socket>;

beforeEach(async () => {
  accepted = [];
  connections = new Set();
  server = createServer((_request, response) => response.end('a page'));
  server.on('connection', (socket) => connections.add(socket));
  listener = listenForAgents(server, {
    async authenticate(token) {
      if (token.reveal() === 'broken') throw new Error('no database');
      return token.reveal() === 'good' ? { host: hostId('host-1') } : undefined;
    },
    accept: (claims, socket) => void accepted.push({ claims, socket }),
    log: silentLog,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}${agentLinkPath}`;
});
afterEach(async () => {
  listener.stop();
  for (const socket of connections) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** Both ends of a fresh link. */
async function link(): Promise<[agent: AgentSocket, server: AgentSocket]> {
  const agent = await new WebSocketDialer().connect(url, good);
  const theirs = await vi.waitUntil(() => accepted.at(-1));
  return [agent, theirs.socket];
}
const messages = (socket: AgentSocket): string[] => {
  const got: string[] = [];
  socket.onMessage((text) => void got.push(text));
  return got;
};
const closing = (socket: AgentSocket): Promise<[number, string]> =>
  new Promise((resolve) => socket.onClose((code, reason) => resolve([code, reason])));

describe('an agent link', () => {
  it('opens for a good token and tells whose it is', async () => {
    await link();
    expect(accepted[0]?.claims).toEqual({ host: 'host-1' });
  });

  it('carries messages both ways, whole and in order', async () => {
    const [agent, control] = await link();
    const [atAgent, atControl] = [messages(agent), messages(control)];
    for (let i = 0; i < 50; i++) {
      agent.send(`up ${i} ä`);
      control.send(`down ${i}`);
    }
    await vi.waitUntil(() => atAgent.length === 50 && atControl.length === 50);
    expect(atControl.slice(0, 2)).toEqual(['up 0 ä', 'up 1 ä']);
    expect(atAgent.at(-1)).toBe('down 49');
  });

  it('keeps what came before anybody listened', async () => {
    const [agent, control] = await link();
    agent.send('early');
    agent.send('bird');
    const probe = new Promise((resolve) => setImmediate(resolve));
    await probe;
    const got = messages(control);
    await vi.waitUntil(() => got.length === 2);
    expect(got).toEqual(['early', 'bird']);
  });

  it('tells both ends how it was closed, those too who ask late', async () => {
    const [agent, control] = await link();
    const heard = closing(agent);
    control.close(4001, 'replaced');
    control.close(4003, 'a second goodbye counts for nothing');
    expect(await heard).toEqual([4001, 'replaced']);
    expect(await closing(control)).toEqual([4001, 'replaced']);
    expect(await closing(agent)).toEqual([4001, 'replaced']);
    agent.send('into the void');
  });

  it('closes on a message that is too large', async () => {
    const [agent, control] = await link();
    const heard = closing(control);
    agent.send('x'.repeat(maxAgentMessageBytes + 1));
    expect((await heard)[0]).not.toBe(1000);
  });

  it('closes on bytes where text is due', async () => {
    const raw = new WebSocket(url, { headers: { authorization: 'Bearer good' } });
    await once(raw, 'open');
    raw.send(Buffer.from([1, 2, 3]));
    const [code] = await once(raw, 'close');
    expect(code).toBe(1008);
  });

  it('is closed when the connection is cut', async () => {
    const [, control] = await link();
    const heard = closing(control);
    for (const socket of connections) socket.destroy();
    expect((await heard)[0]).toBe(1006);
  });

  it('knows how long its pings take, by its own clock alone', async () => {
    const [agent, control] = await link();
    for (const end of [agent, control]) {
      const found = await vi.waitUntil(() => end.roundTripMs(), { timeout: 10_000 });
      expect(found).toBeGreaterThan(0);
      expect(found).toBeLessThan(10_000);
    }
    const raw = new WebSocket(url, { headers: { authorization: 'Bearer good' }, autoPong: false });
    await once(raw, 'open');
    const mute = await vi.waitUntil(() => accepted[1]?.socket);
    expect(mute.roundTripMs()).toBeUndefined();
    raw.pong();
    await vi.waitUntil(() => mute.roundTripMs() !== undefined, { timeout: 10_000 });
    raw.close();
  });

  it('is closed when the other end falls silent without a word', async () => {
    const raw = new WebSocket(url, { headers: { authorization: 'Bearer good' }, autoPong: false });
    const [, socket] = await Promise.all([once(raw, 'open'), vi.waitUntil(() => accepted[0])]);
    expect(socket.claims.host).toBe('host-1');
    const watched = agentSocket(raw, 40);
    // The listener's end answers pings, so the link lives on for much longer than the silence allowed.
    const ended = closing(watched);
    const first = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 200, 'alive'))]);
    expect(first).toBe('alive');
    for (const connection of connections) connection.pause();
    expect((await ended)[0]).toBe(1006);
  });
});

describe('a link that is not opened', () => {
  const failure = async (token: string, to = url): Promise<AgentLinkError> => {
    const error: unknown = await new WebSocketDialer().connect(to, new Secret(token)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof AgentLinkError)) throw new Error('expected an AgentLinkError', { cause: error });
    return error;
  };

  it('is refused for a bad token, and the token is not told', async () => {
    const error = await failure('wrong-t0ken');
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain('enrol it again');
    expect(JSON.stringify([error.message, error.stack])).not.toContain('wrong-t0ken');
    expect(accepted).toEqual([]);
  });

  it('is not the host’s fault when the control plane has trouble', async () => {
    expect(await failure('broken')).toMatchObject({ kind: 'unreachable' });
  });

  it('is not to be had at another path', async () => {
    expect(await failure('good', url.replace(agentLinkPath, '/elsewhere'))).toMatchObject({
      kind: 'unreachable',
    });
  });

  it('says so when nobody is there', async () => {
    const error = await failure('good', 'ws://127.0.0.1:1/');
    expect(error.kind).toBe('unreachable');
    expect(error.message).toContain('cannot reach the control plane');
  });

  it('can be given up', async () => {
    const controller = new AbortController();
    const attempt = new WebSocketDialer().connect(url, good, controller.signal);
    controller.abort(new Error('stopping'));
    await expect(attempt).rejects.toThrow('stopping');
    await expect(new WebSocketDialer().connect(url, good, controller.signal)).rejects.toThrow('stopping');
  });

  it('does not trouble the server when the caller hangs up in the middle', async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `GET ${agentLinkPath} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer good\r\n\r\n`,
    );
    socket.resetAndDestroy();
    const [agent] = await link();
    agent.close(1000, 'done');
  });
});
