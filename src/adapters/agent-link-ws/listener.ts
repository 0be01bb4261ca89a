// The control plane's end: takes the upgrade requests of an HTTP server that are for the agent link, and no other.

import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { AcceptAgent, AgentClaims } from '../../ports/agent-link.ts';
import type { Log } from '../../ports/log.ts';
import { Secret } from '../../ports/secret.ts';
import { agentLinkPath, maxAgentMessageBytes } from '../../wire/agent-protocol.ts';
import { agentSocket } from './socket.ts';

export interface AgentListenerDeps {
  /** Whose token it is; undefined when it is not good. */
  authenticate(token: Secret): Promise<AgentClaims | undefined>;
  accept: AcceptAgent;
  log: Log;
}

export interface AgentListener {
  /** Takes no further links. Open ones are whoever accepted them to close. */
  stop(): void;
}

/** Tokens of hosts are a few hundred bytes. */
const maxTokenLength = 4096;

export function listenForAgents(server: Server, deps: AgentListenerDeps): AgentListener {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxAgentMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
  });
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const broken = (): void => void stream.destroy();
    stream.on('error', broken);
    answerUpgrade(deps, request).then(
      (answer) => {
        if (typeof answer === 'number') return refuse(stream, answer);
        stream.off('error', broken);
        sockets.handleUpgrade(request, stream, head, (socket) => deps.accept(answer, agentSocket(socket)));
      },
      (error: unknown) => {
        deps.log.error('agent link not opened', { error });
        refuse(stream, 503);
      },
    );
  };
  server.on('upgrade', upgrade);
  return {
    stop() {
      server.off('upgrade', upgrade);
      sockets.close();
    },
  };
}

async function answerUpgrade(
  deps: AgentListenerDeps,
  request: IncomingMessage,
): Promise<AgentClaims | 404 | 401> {
  if (request.url?.split('?')[0] !== agentLinkPath) return 404;
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined || token.length > maxTokenLength) return 401;
  return (await deps.authenticate(new Secret(token))) ?? 401;
}

function refuse(stream: Duplex, status: number): void {
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n` +
      `${status === 401 ? 'WWW-Authenticate: Bearer\r\n' : ''}\r\n`,
  );
}
