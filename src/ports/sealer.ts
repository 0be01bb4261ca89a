import type { Secret } from './secret.ts';

/** A public JSON Web Key. */
export type PublicKey = Readonly<Record<string, unknown>>;

/** Seals a secret so that only the holder of a host's private key can read it (JWE, ECDH-ES with X25519, A256GCM). */
export interface Sealer {
  seal(secret: Secret, receiver: PublicKey): Promise<string>;
}

/** A host's own keys. The private parts never leave this interface. */
export interface HostIdentity {
  /** Public parts, as they are enrolled. */
  readonly signingKey: PublicKey;
  readonly sealingKey: PublicKey;
  /** Signs claims as a compact JWT (EdDSA) that is valid for a minute. */
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
  /** @throws when the text was not sealed for this host, or was changed. */
  unseal(jwe: string): Promise<Secret>;
}

/** Seals a secret that all processes of this control plane may read, and nobody who has only the database (I8). */
export interface OwnSealer {
  seal(secret: Secret): Promise<string>;
  /** Undefined when it was sealed with another key, or changed. */
  unseal(text: string): Promise<Secret | undefined>;
}
