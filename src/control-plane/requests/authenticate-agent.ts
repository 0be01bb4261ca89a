import type { AgentClaims, HostTokenVerifier } from '../../ports/agent-link.ts';
import type { Secret } from '../../ports/secret.ts';
import { agentLinkAudience } from '../../wire/agent-protocol.ts';
import type { RequestDeps } from './deps.ts';

/** Whose token it is; undefined when its host is unknown or did not sign it. */
export async function authenticateAgent(
  deps: Pick<RequestDeps, 'store'> & { tokens: HostTokenVerifier },
  token: Secret,
): Promise<AgentClaims | undefined> {
  const claimed = deps.tokens.claimedHost(token);
  if (claimed === undefined) return undefined;
  const host = await deps.store.transaction((tx) => tx.hosts.get(claimed));
  if (host === undefined) return undefined;
  const isSigned = await deps.tokens.verify(token, host.signingKey, agentLinkAudience);
  return isSigned ? { host: host.id } : undefined;
}
