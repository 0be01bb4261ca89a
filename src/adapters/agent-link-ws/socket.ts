// A `ws` socket as the port's AgentSocket. Both ends ping: a peer that answers nothing for `linkSilenceMs` counts as gone,
// since TCP alone would notice a pulled cable after many minutes.

import type { RawData, WebSocket } from 'ws';
import { type AgentSocket, linkCloseCodes, linkSilenceMs } from '../../ports/agent-link.ts';

/** What may wait to be sent; a peer that reads so slowly is closed and comes back to a fresh desired set. */
const maxBufferedBytes = 16 * 1024 * 1024;
/** Closed by us, and the peer does not say goodbye: then the connection is cut. */
const goodbyeMs = 2_000;
/** "Try again later" (IANA WebSocket close code registry). */
const tryAgainLater = 1013;

export function agentSocket(socket: WebSocket, silenceMs: number = linkSilenceMs): AgentSocket {
  const inbox: string[] = [];
  let onMessage: ((text: string) => void) | undefined;
  let onClose: ((code: number, reason: string) => void) | undefined;
  let ended: { code: number; reason: string } | undefined;
  let farewell: { code: number; reason: string } | undefined;

  const watch = watchSilence(socket, silenceMs);

  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (isBinary) return close(linkCloseCodes.badMessage, 'messages are text');
    const text = data.toString();
    if (onMessage) onMessage(text);
    else inbox.push(text);
  });
  // `ws` closes after an error by itself; the close tells the code. Without a listener the process would end.
  socket.on('error', () => {});
  socket.on('close', (code, reason) => {
    watch.stop();
    ended = farewell ?? { code, reason: reason.toString() };
    onClose?.(ended.code, ended.reason);
  });

  function close(code: number, reason: string): void {
    if (farewell !== undefined || ended !== undefined) return;
    farewell = { code, reason };
    socket.close(code, Buffer.from(reason).subarray(0, 120).toString());
    const cut = setTimeout(() => socket.terminate(), goodbyeMs);
    socket.once('close', () => clearTimeout(cut));
  }

  return {
    send(text) {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > maxBufferedBytes) return close(tryAgainLater, 'the peer reads too slowly');
      socket.send(text);
    },
    onMessage(listener) {
      onMessage = listener;
      for (const text of inbox.splice(0)) listener(text);
    },
    onClose(listener) {
      onClose = listener;
      if (ended !== undefined) listener(ended.code, ended.reason);
    },
    roundTripMs: watch.roundTripMs,
    close,
  };
}

interface Watch {
  roundTripMs(): number | undefined;
  stop(): void;
}

function watchSilence(socket: WebSocket, silenceMs: number): Watch {
  let heard = true;
  /** Of the ping that is under way; a later one comes only when this one was answered or the link is at its end. */
  let sentAt: number | undefined;
  let roundTripMs: number | undefined;
  const hear = (): void => {
    heard = true;
  };
  const ping = (): void => {
    if (socket.readyState !== socket.OPEN) return;
    sentAt = performance.now();
    socket.ping();
  };
  socket.on('pong', () => {
    hear();
    if (sentAt !== undefined) roundTripMs = performance.now() - sentAt;
    sentAt = undefined;
  });
  socket.on('ping', hear);
  socket.on('message', hear);
  const timer = setInterval(() => {
    if (!heard) return socket.terminate();
    heard = false;
    ping();
  }, silenceMs / 2);
  ping();
  return { roundTripMs: () => roundTripMs, stop: () => clearInterval(timer) };
}
