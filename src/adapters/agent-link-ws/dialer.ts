import { WebSocket } from 'ws';
import { type AgentLinkDialer, AgentLinkError, type AgentSocket } from '../../ports/agent-link.ts';
import type { Secret } from '../../ports/secret.ts';
import { maxAgentMessageBytes } from '../../wire/agent-protocol.ts';
import { agentSocket } from './socket.ts';

const handshakeMs = 15_000;

/** The agent's end of the link. */
export class WebSocketDialer implements AgentLinkDialer {
  connect(url: string, token: Secret, signal?: AbortSignal): Promise<AgentSocket> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const socket = new WebSocket(url, {
        headers: { authorization: `Bearer ${token.reveal()}` },
        handshakeTimeout: handshakeMs,
        maxPayload: maxAgentMessageBytes,
        // Desired sets repeat themselves, but compressing them costs more memory per link than it saves.
        perMessageDeflate: false,
      });
      const give = (error: unknown): void => {
        signal?.removeEventListener('abort', abort);
        socket.terminate();
        reject(error);
      };
      const abort = (): void => give(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      socket.once('open', () => {
        signal?.removeEventListener('abort', abort);
        socket.off('error', unreachable);
        resolve(agentSocket(socket));
      });
      socket.once('unexpected-response', (_request, response) => {
        const status = response.statusCode ?? 0;
        const refused = status === 401 || status === 403;
        const message = refused
          ? `the control plane at ${url} does not know this host: enrol it again`
          : `the control plane at ${url} answered ${status} instead of opening the link`;
        give(new AgentLinkError(message, refused ? 'refused' : 'unreachable'));
      });
      const unreachable = (cause: Error): void =>
        give(new AgentLinkError(`cannot reach the control plane at ${url}`, 'unreachable', cause));
      socket.on('error', unreachable);
    });
  }
}
