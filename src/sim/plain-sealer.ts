// The deterministic twin of the sealer: real cryptography takes its randomness from the machine and its turns from a thread
// pool, which a simulation cannot have. It keeps what matters here: only the receiver opens what was sealed for it.

import type { HostIdentity, PublicKey, Sealer } from '../ports/sealer.ts';
import { Secret } from '../ports/secret.ts';

const separator = '.';

export class PlainSealer implements Sealer {
  async seal(secret: Secret, receiver: PublicKey): Promise<string> {
    return ['sim', String(receiver.sim), Buffer.from(secret.reveal()).toString('base64url')].join(separator);
  }
}

export class PlainIdentity implements HostIdentity {
  readonly signingKey: PublicKey;
  readonly sealingKey: PublicKey;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    this.signingKey = { sim: name };
    this.sealingKey = { sim: name };
  }

  async sign(claims: Readonly<Record<string, unknown>>): Promise<string> {
    return JSON.stringify({ ...claims, signedBy: this.#name });
  }

  async unseal(jwe: string): Promise<Secret> {
    const [kind, name, content] = jwe.split(separator);
    if (kind !== 'sim' || name !== this.#name || content === undefined) {
      throw new Error(`unseal: this was not sealed for host ${this.#name}`);
    }
    return new Secret(Buffer.from(content, 'base64url').toString());
  }
}
