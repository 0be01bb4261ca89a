import { type HostId, hostId } from '../domain/ids.ts';
import type { HostIdentity } from '../ports/sealer.ts';
import type { Secret } from '../ports/secret.ts';
import type { ApiClient } from '../wire/api/endpoints.ts';

/**
 * Makes this host known to the control plane, with a token of `bellows host enrol-token` that is good for one host. The
 * private keys stay here.
 * @throws with the control plane's own word when it refuses.
 */
export async function enrol(
  api: ApiClient,
  identity: Pick<HostIdentity, 'signingKey' | 'sealingKey'>,
  host: { token: Secret; name: string },
): Promise<HostId> {
  const answer = await api.call('enrol', {
    body: {
      token: host.token.reveal(),
      name: host.name.slice(0, 63),
      signingKey: identity.signingKey,
      sealingKey: identity.sealingKey,
    },
  });
  if (answer.ok) return hostId(answer.value.host);
  throw new Error(`this host could not be enrolled: ${answer.problem.detail}`);
}
