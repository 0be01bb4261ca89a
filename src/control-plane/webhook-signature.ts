// GitHub signs each delivery with the secret that it shares with us. The library for this takes a body as text only, and
// bytes that are not UTF-8 would change on the way, so the HMAC is made here, over the bytes.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { assert } from '../domain/bug.ts';
import type { Secret } from '../ports/secret.ts';

/** The algorithm is ours, never the header's: a header that names another one is wrong. */
const signaturePattern = /^sha256=([0-9a-f]{64})$/;

/**
 * Whether `header` (`X-Hub-Signature-256`) is the signature of `body` with one of `secrets`: two are valid while a secret is
 * being changed. A header that was sent twice arrives joined by a comma and fails. Takes the same time for every secret.
 * Source: GitHub docs, "Validating webhook deliveries".
 */
export function isSigned(body: Uint8Array, header: string | undefined, secrets: readonly Secret[]): boolean {
  assert(
    secrets.length > 0 && secrets.every((secret) => secret.reveal() !== ''),
    'a webhook secret is empty',
  );
  const hex = signaturePattern.exec(header ?? '')?.[1];
  if (hex === undefined) return false;
  const given = Buffer.from(hex, 'hex');
  const matches = secrets.map((secret) =>
    timingSafeEqual(given, createHmac('sha256', secret.reveal()).update(body).digest()),
  );
  return matches.includes(true);
}
