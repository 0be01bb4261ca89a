// One WebSocket between an agent and the control plane, seen from either end. The messages are those of
// `wire/agent-protocol.ts`; this port only carries text. Adapters: `adapters/http-fastify` gives the control plane's end,
// `adapters/agent-link-ws` the agent's; the simulation has its own pair.

import type { HostId } from '../domain/ids.ts';
import type { PublicKey } from './sealer.ts';
import type { Secret } from './secret.ts';

/**
 * An open connection. Whole messages arrive once and in order, until it closes. Both ends watch that the other is alive and
 * close when it has been silent for `linkSilenceMs`, so a pulled cable is a close too.
 */
export interface AgentSocket {
  /** Sends one message. Dropped without a word when the connection is closed: what must arrive is sent again after it. */
  send(text: string): void;
  /** At most one listener. Messages that came before it was set are kept for it. */
  onMessage(listener: (text: string) => void): void;
  /** At most one listener; called once, also when it is set after the close, and also for a close of our own. */
  onClose(listener: (code: number, reason: string) => void): void;
  /** How long the latest ping and its answer took in all; undefined before the first answer. */
  roundTripMs(): number | undefined;
  /** Says goodbye with a code of `linkCloseCodes` and a reason of at most 120 bytes. A second call does nothing. */
  close(code: number, reason: string): void;
}

export const linkSilenceMs = 30_000;

/** WebSocket close codes that one end says to the other. */
export const linkCloseCodes = {
  /** An end is going away on purpose: come back soon. */
  goingAway: 1001,
  /** A message could not be understood, or was too long. */
  badMessage: 1008,
  /** The host connected a second time; the newer connection has taken over. */
  replaced: 4001,
  /** The host is disabled or was removed. */
  notWelcome: 4003,
} as const;

/** The agent's end. It does not reconnect: that is the agent's work. */
export interface AgentLinkDialer {
  /**
   * Opens the link at `url` (`ws:` or `wss:`) with the token as `Authorization: Bearer`.
   * @throws AgentLinkError
   */
  connect(url: string, token: Secret, signal?: AbortSignal): Promise<AgentSocket>;
}

export class AgentLinkError extends Error {
  override readonly name = 'AgentLinkError';
  /** `refused`: the control plane answered and does not take this token. `unreachable`: everything else. */
  readonly kind: 'refused' | 'unreachable';
  constructor(message: string, kind: 'refused' | 'unreachable', cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** Whom the control plane has at the other end, once its token is verified. */
export interface AgentClaims {
  host: HostId;
}

/** The control plane's end: called for each connection whose token was good. */
export type AcceptAgent = (claims: AgentClaims, socket: AgentSocket) => void;

/** Reads and verifies the token with which an agent connects: a compact JWT (EdDSA), signed by the host's own key. */
export interface HostTokenVerifier {
  /** The host that the token claims to come from, not verified: it says which key to verify with. */
  claimedHost(token: Secret): HostId | undefined;
  /** Whether the token was signed by this key for this audience, and is valid now. */
  verify(token: Secret, key: PublicKey, audience: string): Promise<boolean>;
}
