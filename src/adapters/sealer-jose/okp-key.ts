import type { JWK_OKP_Public } from 'jose';
import type { PublicKey } from '../../ports/sealer.ts';

/** The public parts of an octet key pair (RFC 8037). @throws when `key` is something else. */
export function okpKey(key: PublicKey, curve: 'Ed25519' | 'X25519'): JWK_OKP_Public {
  const { kty, crv, x } = key;
  if (kty !== 'OKP' || crv !== curve || typeof x !== 'string') throw new Error(`not a public ${curve} key`);
  return { kty, crv: curve, x };
}
