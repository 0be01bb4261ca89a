import type { HostId } from '../domain/ids.ts';
import type { PublicKey } from './sealer.ts';
import type { Secret } from './secret.ts';

/** Makes a host known to a control plane, once. */
export interface Enroller {
  /**
   * @param server the control plane's address, `http:` or `https:`.
   * @throws EnrolError with the control plane's own word when it refuses the token.
   */
  enrol(server: string, request: Enrolment, signal?: AbortSignal): Promise<HostId>;
}

export interface Enrolment {
  /** From `bellows hosts add`; good for one host. */
  token: Secret;
  name: string;
  signingKey: PublicKey;
  sealingKey: PublicKey;
}

export class EnrolError extends Error {
  override readonly name = 'EnrolError';
}
