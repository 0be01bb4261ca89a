import { expect, test } from 'vitest';
import { boundsOf, run } from './attribution.ts';

test('two judged weeks: what goes wrong is found, and laid at the right door', {
  timeout: 300_000,
}, async () => {
  const result = await run({ seeds: '3..5' });
  expect(result.seeds).toBe(2);
  expect(result.incidents).toBeGreaterThan(5);
  expect(result.recall).toBeGreaterThanOrEqual(0.9);
  expect(result.precision).toBeGreaterThanOrEqual(0.85);
});

test('weeks are given as A..B', () => {
  expect(boundsOf('2..8')).toEqual([2, 8]);
  expect(() => boundsOf('8..2')).toThrow('A..B');
});
