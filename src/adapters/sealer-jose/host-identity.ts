// A host's keys live in one file that only its user can read. The file appears whole or not at all, so that a crash while it
// is made leaves no half of an identity.

import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type CryptoKey,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK_OKP_Private,
  SignJWT,
} from 'jose';
import type { Clock } from '../../ports/clock.ts';
import type { HostIdentity, PublicKey } from '../../ports/sealer.ts';
import { Secret } from '../../ports/secret.ts';
import { okpKey } from './okp-key.ts';

const tokenSeconds = 60;

/**
 * The identity in `path`, made there (mode 0600) when there is none.
 * @throws when the file can be read by others, or is not a key file.
 */
export async function openHostIdentity(path: string, clock: Clock): Promise<HostIdentity> {
  const text = (await readKeyFile(path)) ?? (await makeKeyFile(path));
  const { signing, sealing } = parseKeyFile(path, text);
  const signingKey = await privateKey(signing, 'EdDSA');
  const sealingKey = await privateKey(sealing, 'ECDH-ES');
  return {
    signingKey: publicPart(signing, 'Ed25519'),
    sealingKey: publicPart(sealing, 'X25519'),
    sign(claims) {
      const now = Math.floor(clock.now() / 1000);
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'EdDSA' })
        .setIssuedAt(now)
        .setExpirationTime(now + tokenSeconds)
        .sign(signingKey);
    },
    async unseal(jwe) {
      try {
        const { plaintext } = await compactDecrypt(jwe, sealingKey, {
          keyManagementAlgorithms: ['ECDH-ES'],
          contentEncryptionAlgorithms: ['A256GCM'],
        });
        return new Secret(new TextDecoder().decode(plaintext));
      } catch (cause) {
        throw new Error('cannot unseal: it was not sealed for this host, or was changed', { cause });
      }
    },
  };
}

async function readKeyFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new Error(
        `others can read the host's keys in ${path}: chmod 600 ${path}, or delete it and enrol again`,
      );
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function makeKeyFile(path: string): Promise<string> {
  const signing = await generateKeyPair('EdDSA', { extractable: true });
  const sealing = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true });
  const text = `${JSON.stringify({
    signing: await exportJWK(signing.privateKey),
    sealing: await exportJWK(sealing.privateKey),
  })}\n`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  return text;
}

/** The parser's own error would quote the file, private keys included. */
function parseKeyFile(path: string, text: string): { signing: PublicKey; sealing: PublicKey } {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value) && isRecord(value.signing) && isRecord(value.sealing)) {
      return { signing: value.signing, sealing: value.sealing };
    }
  } catch {
    // Told below, without what it says.
  }
  throw new Error(`${path} does not hold the keys of a host: delete it and enrol again`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function publicPart(key: PublicKey, curve: 'Ed25519' | 'X25519'): PublicKey {
  const { kty, crv, x } = okpKey(key, curve);
  return { kty, crv, x };
}

async function privateKey(key: PublicKey, alg: 'EdDSA' | 'ECDH-ES'): Promise<CryptoKey> {
  const { d } = key;
  if (typeof d !== 'string') throw new Error('a host key lacks its private part');
  const jwk: JWK_OKP_Private = { ...okpKey(key, alg === 'EdDSA' ? 'Ed25519' : 'X25519'), d };
  const imported = await importJWK(jwk, alg);
  if (imported instanceof Uint8Array) throw new Error('bug: an octet key pair became a symmetric key');
  return imported;
}
