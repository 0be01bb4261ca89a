// JSON Web Tokens as GitHub takes them from Apps (RS256) and from runners (RS256 or PS256). The algorithm is checked
// against what is allowed before it is used.

import { constants, type KeyObject, verify } from 'node:crypto';

export interface Claims {
  iss: string;
  /** Seconds since the epoch. */
  exp: number;
  iat: number;
}

export type Verified = { ok: true; claims: Claims } | { ok: false; problem: string };

type Algorithm = 'RS256' | 'PS256';

/** @param iatClaim which claim says when the token was made: Apps write `iat`, runners `nbf` */
export function verifyJwt(
  token: string,
  key: KeyObject,
  allowed: readonly Algorithm[],
  iatClaim: 'iat' | 'nbf',
): Verified {
  const [head = '', body = '', signature = '', ...rest] = token.split('.');
  const header = decode(head);
  const claims = decode(body);
  if (!header || !claims || rest.length > 0) {
    return { ok: false, problem: 'A JSON web token could not be decoded' };
  }
  const algorithm = allowed.find((it) => it === header.alg);
  if (!algorithm) return { ok: false, problem: 'The algorithm of the token is not allowed' };
  const padding = algorithm === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const options = { key, padding, ...(algorithm === 'PS256' ? { saltLength: 32 } : {}) };
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    options,
    Buffer.from(signature, 'base64url'),
  );
  if (!isSigned) return { ok: false, problem: 'The signature of the token does not match' };
  const { iss, exp } = claims;
  const iat = claims[iatClaim];
  if (typeof exp !== 'number' || typeof iat !== 'number') {
    return {
      ok: false,
      problem: "'Expiration time' claim ('exp') and 'Issued at' claim ('iat') must be integers",
    };
  }
  return { ok: true, claims: { iss: String(iss), exp, iat } };
}

/** The issuer that the token names, before anything about it is verified: says whose key to take. */
export const issuerOf = (token: string): string => String(decode(token.split('.')[1] ?? '')?.iss ?? '');

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // Not JSON: not a token.
    return undefined;
  }
}
