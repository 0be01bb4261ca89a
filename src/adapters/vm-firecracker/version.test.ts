import { describe, expect, it } from 'vitest';
import { featuresOf, isOlder, versionIn } from './version.ts';

describe("Firecracker's version", () => {
  it.each([
    ['1.16.1', [1, 16]],
    ['Firecracker v1.10.0', [1, 10]],
    ['1.17.0-dev', [1, 17]],
    ['v2.3.4', [2, 3]],
  ])('is read from %s', (text, version) => {
    expect(versionIn(text)).toEqual(version);
  });

  it('is not read from other words', () => {
    for (const text of ['', 'Firecracker', '1.2', 'x1.2.3.']) expect(versionIn(text)).toBeUndefined();
  });

  it('is compared by number, and a newer one has all that an older had', () => {
    expect(isOlder([1, 9], [1, 10])).toBe(true);
    expect(isOlder([2, 0], [1, 16])).toBe(false);
    expect(Object.values(featuresOf([1, 10])).every((has) => !has)).toBe(true);
    expect(Object.values(featuresOf([2, 0])).every((has) => has)).toBe(true);
    expect(featuresOf([1, 14])).toMatchObject({
      serialFile: true,
      serialRateLimiter: false,
      mtu: false,
      pci: true,
    });
  });
});
