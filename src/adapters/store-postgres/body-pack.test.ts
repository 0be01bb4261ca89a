import { randomBytes } from 'node:crypto';
import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPacker, unpacked } from './body-pack.ts';

const packed = createPacker();

describe('a pack of bodies', () => {
  test.prop([fc.array(fc.uint8Array({ maxLength: 5_000, size: 'max' }), { minLength: 1, maxLength: 9 })])(
    'gives each back',
    async (bodies) => {
      const { bytes, places } = await packed(bodies);
      const all = unpacked(bytes);
      expect(places.map(({ start, length }) => new Uint8Array(all.subarray(start, start + length)))).toEqual(
        bodies,
      );
    },
  );

  it('is much smaller than bodies that are alike', async () => {
    const body = Buffer.from(
      JSON.stringify(Array.from({ length: 500 }, (_, n) => `https://api.github.com/${n}`)),
    );
    expect((await packed([body, body, body, body])).bytes.length).toBeLessThan(body.length);
  });

  it('may be of more than is packed mostly', async () => {
    const body = new Uint8Array(700_000).map((_, n) => n % 251);
    const { bytes, places } = await packed([body, body]);
    expect(places[1]).toEqual({ start: 700_000, length: 700_000 });
    expect(unpacked(bytes).subarray(700_000).equals(body)).toBe(true);
    expect((await packed([body])).bytes.length).toBeLessThan(bytes.length);
  });

  it('is that of its own bodies, however many are asked for at once', async () => {
    const bodies = Array.from({ length: 40 }, (_, n) => randomBytes(n * 3_000));
    const packs = await Promise.all(bodies.map((body) => packed([body, body])));
    for (const [n, { bytes }] of packs.entries()) {
      const body = bodies[n] ?? Buffer.alloc(0);
      expect(unpacked(bytes).equals(Buffer.concat([body, body]))).toBe(true);
    }
  });

  it('is not given when its bytes were changed', async () => {
    const { bytes } = await packed([new Uint8Array(3_000).map((_, n) => (n * 31) % 251)]);
    const at = bytes.length - 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect(() => unpacked(bytes)).toThrow();
  });
});
