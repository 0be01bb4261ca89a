// The runner's own token: asked for with an assertion that its private key has signed, kept until it expires.

import { constants, randomUUID, sign } from 'node:crypto';
import { isOk, send } from './http.ts';
import type { JitConfiguration } from './jit-configuration.ts';
import { text } from './json.ts';

/** GitHub knows the registration no longer. */
export class RegistrationGone extends Error {
  override readonly name = 'RegistrationGone';
}

export class Credentials {
  readonly #configuration: JitConfiguration;
  #token: string | undefined;
  #expiresAt = 0;

  constructor(configuration: JitConfiguration) {
    this.#configuration = configuration;
  }

  /** @throws RegistrationGone, or when the server cannot be reached */
  async token(): Promise<string> {
    if (this.#token !== undefined && Date.now() < this.#expiresAt) return this.#token;
    const { authorizationUrl } = this.#configuration;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: this.#assertion(),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await send({
      method: 'POST',
      url: authorizationUrl,
      raw: { body: form.toString(), headers },
    });
    const description = text(reply.body.error_description);
    if (reply.body.error === 'invalid_client' && !description.includes('Current server time is')) {
      throw new RegistrationGone(description);
    }
    if (!isOk(reply)) throw new Error(`no token: ${reply.status} ${description}`);
    this.#token = text(reply.body.access_token);
    this.#expiresAt = Date.now() + Number(reply.body.expires_in ?? 0) * 1000 - 60_000;
    return this.#token;
  }

  forget(): void {
    this.#token = undefined;
  }

  #assertion(): string {
    const { clientId, authorizationUrl, algorithm, key } = this.#configuration;
    const now = Math.floor(Date.now() / 1000);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = {
      sub: clientId,
      iss: clientId,
      aud: authorizationUrl,
      jti: randomUUID(),
      nbf: now,
      exp: now + 300,
    };
    const signed = `${part({ typ: 'JWT', alg: algorithm })}.${part(claims)}`;
    const padding = algorithm === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
    const signature = sign('sha256', Buffer.from(signed), {
      key,
      padding,
      ...(algorithm === 'PS256' ? { saltLength: 32 } : {}),
    });
    return `${signed}.${signature.toString('base64url')}`;
  }
}
