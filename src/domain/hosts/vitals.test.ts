import { expect, it } from 'vitest';
import { at, hostA, image } from '../domain.fixture.ts';
import { imageDigest } from '../ids.ts';
import { imageInUse, type ToldVitals } from './vitals.ts';

it('new VMs of a host start from the image that is wanted, or else from its newest', () => {
  const other = imageDigest(`sha256:${'2'.repeat(64)}`);
  const has = (...digests: (typeof image)[]) => {
    const told = { images: digests.map((digest) => ({ digest })) } as unknown as ToldVitals;
    return imageInUse({ host: hostA, at: at(0), told }, image)?.digest;
  };
  expect(has(other, image)).toBe(image);
  expect(has(other)).toBe(other);
  expect(has()).toBeUndefined();
  expect(imageInUse({ host: hostA, at: at(0) }, image)).toBeUndefined();
});
