import { describe, expect, it } from 'vitest';
import { Secret } from '../../ports/secret.ts';
import { JoseOwnSealer } from './own-sealer.ts';

const sealer = (secret = 's', purpose = 'tokens') => new JoseOwnSealer(new Secret(secret), purpose);

describe('what is sealed for ourselves', () => {
  it('is read by another process with the same secret, and shows nothing on the way', async () => {
    const text = await sealer().seal(new Secret('ghu_the token'));
    expect(text).not.toContain('ghu_');
    expect((await sealer().unseal(text))?.reveal()).toBe('ghu_the token');
  });

  it('is read with no other secret, for no other purpose, and not when it was changed', async () => {
    const text = await sealer().seal(new Secret('x'.repeat(30)));
    expect(await sealer('other').unseal(text)).toBeUndefined();
    expect(await sealer('s', 'else').unseal(text)).toBeUndefined();
    const parts = text.split('.');
    const body = Buffer.from(parts[3] ?? '', 'base64url');
    body[0] = (body[0] ?? 0) ^ 1;
    expect(await sealer().unseal(parts.with(3, body.toString('base64url')).join('.'))).toBeUndefined();
    expect(await sealer().unseal('hello')).toBeUndefined();
  });
});
