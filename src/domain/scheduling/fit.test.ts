import { expect, it } from 'vitest';
import { acme, aHost, shape } from '../domain.fixture.ts';
import { neverFitsAny } from './fit.ts';
import { policy } from './placement.fixture.ts';

it('no host could ever take it only when all have told what they have', () => {
  const { capacity: _, ...untold } = aHost('b');
  const wanted = { scope: acme, shape: { ...shape, arch: 'arm64' } } as const;
  expect(neverFitsAny(wanted, [], policy)).toBe('no host has joined');
  expect(neverFitsAny(wanted, [aHost('a')], policy)).toBe('no arm64 host');
  expect(neverFitsAny(wanted, [aHost('a'), untold], policy)).toBeUndefined();
  expect(neverFitsAny({ scope: acme, shape }, [aHost('a')], policy)).toBeUndefined();
});
