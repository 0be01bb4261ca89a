import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instantOf, seconds } from '../../domain/time.ts';
import { Secret } from '../../ports/secret.ts';
import { openHostIdentity } from './host-identity.ts';
import { JoseHostTokenVerifier } from './host-token-verifier.ts';
import { JoseSealer } from './sealer.ts';

const audience = 'bellows-agent';
const clockAt = (ms: number) => ({ now: () => instantOf(ms), sleep: () => Promise.resolve() });
const today = Date.UTC(2026, 10, 24);
const sealer = new JoseSealer();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

const host = (name = 'a', at = today) => openHostIdentity(join(folder, name, 'keys.json'), clockAt(at));

describe('a sealed secret', () => {
  it('is read by its receiver, and shows nothing on the way', async () => {
    const identity = await host();
    const jwe = await sealer.seal(new Secret('the configuration'), identity.sealingKey);
    expect(jwe).not.toContain(Buffer.from('the configuration').toString('base64url').slice(0, 16));
    expect((await identity.unseal(jwe)).reveal()).toBe('the configuration');
  });

  it('is not read by another host', async () => {
    const jwe = await sealer.seal(new Secret('x'), (await host('a')).sealingKey);
    await expect((await host('b')).unseal(jwe)).rejects.toThrow('not sealed for this host');
  });

  it('that was changed is not read', async () => {
    const identity = await host();
    const parts = (await sealer.seal(new Secret('x'.repeat(30)), identity.sealingKey)).split('.');
    const body = Buffer.from(parts[3] ?? '', 'base64url');
    body[0] = (body[0] ?? 0) ^ 1;
    const changed = parts.with(3, body.toString('base64url')).join('.');
    await expect(identity.unseal(changed)).rejects.toThrow('was changed');
  });

  it('that is no JWE at all is not read', async () => {
    await expect((await host()).unseal('hello')).rejects.toThrow('cannot unseal');
  });

  it('is sealed to X25519 keys only', async () => {
    const { signingKey } = await host();
    await expect(sealer.seal(new Secret('x'), signingKey)).rejects.toThrow('not a public X25519 key');
    await expect(sealer.seal(new Secret('x'), { kty: 'RSA' })).rejects.toThrow('not a public X25519 key');
  });
});

describe("a host's token", () => {
  const claims = { sub: 'host-1', aud: audience };
  const verifier = (at = today) => new JoseHostTokenVerifier(clockAt(at));

  it('tells the host and verifies with its key', async () => {
    const identity = await host();
    const token = new Secret(await identity.sign(claims));
    expect(verifier().claimedHost(token)).toBe('host-1');
    expect(await verifier().verify(token, identity.signingKey, audience)).toBe(true);
  });

  it('of another host does not verify', async () => {
    const token = new Secret(await (await host('b')).sign(claims));
    expect(await verifier().verify(token, (await host('a')).signingKey, audience)).toBe(false);
  });

  it('for another audience does not verify', async () => {
    const identity = await host();
    const token = new Secret(await identity.sign({ ...claims, aud: 'somebody-else' }));
    expect(await verifier().verify(token, identity.signingKey, audience)).toBe(false);
  });

  it('is valid for a minute, and a minute more for clocks that differ', async () => {
    const identity = await host();
    const token = new Secret(await identity.sign(claims));
    const isValidIn = (ms: number) => verifier(today + ms).verify(token, identity.signingKey, audience);
    expect(await isValidIn(seconds(119))).toBe(true);
    expect(await isValidIn(seconds(121))).toBe(false);
    expect(await isValidIn(-seconds(59))).toBe(true);
    expect(await isValidIn(-seconds(61))).toBe(false);
  });

  it('without an algorithm or with a symmetric one does not verify', async () => {
    const identity = await host();
    const [, payload] = (await identity.sign(claims)).split('.');
    for (const alg of ['none', 'HS256']) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url');
      for (const signature of ['', randomBytes(32).toString('base64url')]) {
        const token = new Secret(`${header}.${payload}.${signature}`);
        expect(await verifier().verify(token, identity.signingKey, audience)).toBe(false);
      }
    }
  });

  it('that is none tells no host', async () => {
    const key = (await host()).signingKey;
    for (const text of ['', 'a.b.c', 'not a token']) {
      expect(verifier().claimedHost(new Secret(text))).toBeUndefined();
      expect(await verifier().verify(new Secret(text), key, audience)).toBe(false);
    }
  });
});

describe('the key file', () => {
  const path = () => join(folder, 'a', 'keys.json');

  it('can be read by its owner only, in a folder of the same kind', async () => {
    await host();
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700);
  });

  it('keeps the identity over a restart', async () => {
    const first = await host();
    const second = await host();
    expect(second.signingKey).toEqual(first.signingKey);
    const jwe = await sealer.seal(new Secret('x'), first.sealingKey);
    expect((await second.unseal(jwe)).reveal()).toBe('x');
  });

  it('that others can read is refused', async () => {
    await host();
    await chmod(path(), 0o644);
    await expect(host()).rejects.toThrow('chmod 600');
  });

  it('that holds something else is refused, without showing it', async () => {
    await host();
    for (const text of ['{"signing": {"d": "s3cret"', '{"signing":{}}', '[]', 'null']) {
      await writeFile(path(), text);
      const error = await host().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(Error);
      expect(inspect(error)).toContain('enrol again');
      expect(inspect(error)).not.toContain('s3cret');
    }
  });

  it('holds the only private parts: what is enrolled has none', async () => {
    const identity = await host();
    expect(Object.keys(identity.signingKey).sort()).toEqual(['crv', 'kty', 'x']);
    expect(Object.keys(identity.sealingKey).sort()).toEqual(['crv', 'kty', 'x']);
    const { signing } = JSON.parse(await readFile(path(), 'utf8'));
    expect(inspect(identity, { depth: 9, showHidden: true })).not.toContain(signing.d);
  });
});
