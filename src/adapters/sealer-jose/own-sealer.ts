import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, errors } from 'jose';
import type { OwnSealer } from '../../ports/sealer.ts';
import { Secret } from '../../ports/secret.ts';

/**
 * JWE (dir, A256GCM) with a key that is derived (HKDF-SHA-256) from a secret that every process of this control plane is
 * configured with. When that is changed, what was sealed before is unreadable.
 */
export class JoseOwnSealer implements OwnSealer {
  readonly #key: Uint8Array;

  /** @param purpose keys of different purposes do not open each other's texts. */
  constructor(secret: Secret, purpose: string) {
    this.#key = new Uint8Array(hkdfSync('sha256', secret.reveal(), '', `bellows ${purpose}`, 32));
  }

  seal(secret: Secret): Promise<string> {
    const text = new TextEncoder().encode(secret.reveal());
    return new CompactEncrypt(text).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(this.#key);
  }

  async unseal(text: string): Promise<Secret | undefined> {
    try {
      const { plaintext } = await compactDecrypt(text, this.#key, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      return new Secret(new TextDecoder().decode(plaintext));
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}
