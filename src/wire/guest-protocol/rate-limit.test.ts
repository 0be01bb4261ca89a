import { expect, it } from 'vitest';
import { RateLimit } from './rate-limit.ts';

it('lets a burst pass, then one message for each slice of time', () => {
  const limit = new RateLimit(10, 3);
  expect(limit.take(3, 0)).toBe(0);
  expect(limit.take(1, 0)).toBe(100);
  expect(limit.take(1, 100)).toBe(100);
  expect(limit.take(1, 1000)).toBe(0);
});

it('is not fooled by a clock that goes back', () => {
  const limit = new RateLimit(10, 1);
  expect(limit.take(1, 5000)).toBe(0);
  expect(limit.take(1, 0)).toBe(100);
});
