import { decodeJwt, errors, importJWK, jwtVerify } from 'jose';
import { type HostId, hostId } from '../../domain/ids.ts';
import type { HostTokenVerifier } from '../../ports/agent-link.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PublicKey } from '../../ports/sealer.ts';
import type { Secret } from '../../ports/secret.ts';
import { okpKey } from './okp-key.ts';

/** Users' servers do not all keep their clocks well. */
const clockToleranceSeconds = 60;

export class JoseHostTokenVerifier implements HostTokenVerifier {
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  claimedHost(token: Secret): HostId | undefined {
    try {
      const { sub } = decodeJwt(token.reveal());
      return sub === undefined ? undefined : hostId(sub);
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  async verify(token: Secret, key: PublicKey, audience: string): Promise<boolean> {
    try {
      await jwtVerify(token.reveal(), await importJWK(okpKey(key, 'Ed25519'), 'EdDSA'), {
        audience,
        algorithms: ['EdDSA'],
        requiredClaims: ['sub', 'exp', 'iat'],
        maxTokenAge: 60,
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(this.#clock.now()),
      });
      return true;
    } catch (error) {
      if (error instanceof errors.JOSEError) return false;
      throw error;
    }
  }
}
