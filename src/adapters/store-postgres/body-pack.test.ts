import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPacker, unpacked } from './body-pack.ts';

const packed = createPacker();

describe('a pack of bodies', () => {
  test.prop([fc.array(fc.uint8Array({ maxLength: 5_000, size: 'max' }), { minLength: 1, maxLength: 9 })])(
    'gives each back',
    (bodies) => {
      const { bytes, places } = packed(bodies);
      const all = unpacked(bytes);
      expect(places.map(({ start, length }) => new Uint8Array(all.subarray(start, start + length)))).toEqual(
        bodies,
      );
    },
  );

  it('is much smaller than bodies that are alike', () => {
    const body = Buffer.from(
      JSON.stringify(Array.from({ length: 500 }, (_, n) => `https://api.github.com/${n}`)),
    );
    expect(packed([body, body, body, body]).bytes.length).toBeLessThan(body.length);
  });

  it('may be of more than is packed mostly', () => {
    const body = new Uint8Array(700_000).map((_, n) => n % 251);
    const { bytes, places } = packed([body, body]);
    expect(places[1]).toEqual({ start: 700_000, length: 700_000 });
    expect(unpacked(bytes).subarray(700_000).equals(body)).toBe(true);
    expect(packed([body]).bytes.length).toBeLessThan(bytes.length);
  });

  it('is not given when its bytes were changed', () => {
    const { bytes } = packed([new Uint8Array(3_000).map((_, n) => (n * 31) % 251)]);
    const at = bytes.length - 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect(() => unpacked(bytes)).toThrow();
  });
});
