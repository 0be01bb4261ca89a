// Tokens that people carry: we keep only their SHA-256 and compare hashes.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../ports/random.ts';
import { Secret } from '../../ports/secret.ts';

const bytesInToken = 32;

/** A token with a prefix that says what it is for, so that a secret scanner can tell. */
export const newToken = (prefix: string, random: Random): Secret =>
  new Secret(`${prefix}${Buffer.from(random.bytes(bytesInToken)).toString('base64url')}`);

/** SHA-256 in hex. A token has 256 random bits, so no salt and no slow hash are needed. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in a time that tells nothing of where they differ. */
export const isSameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

/** @param hashes of the tokens that are valid; two while one is being changed. */
export function isAdmin(authorization: string | undefined, hashes: readonly string[]): boolean {
  const token = /^Bearer (\S{1,512})$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return false;
  const given = Buffer.from(tokenHash(token), 'hex');
  const matches = hashes.map((hash) => {
    const expected = Buffer.from(hash, 'hex');
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  return matches.includes(true);
}
