import { CompactEncrypt, importJWK } from 'jose';
import type { PublicKey, Sealer } from '../../ports/sealer.ts';
import type { Secret } from '../../ports/secret.ts';
import { okpKey } from './okp-key.ts';

/** Compact JWE: ECDH-ES with X25519, A256GCM. @throws when `receiver` is not such a key. */
export class JoseSealer implements Sealer {
  async seal(secret: Secret, receiver: PublicKey): Promise<string> {
    const key = await importJWK(okpKey(receiver, 'X25519'), 'ECDH-ES');
    return new CompactEncrypt(new TextEncoder().encode(secret.reveal()))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
      .encrypt(key);
  }
}
