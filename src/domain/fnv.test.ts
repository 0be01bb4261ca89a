import { expect, it } from 'vitest';
import { fnv1a } from './fnv.ts';

it.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('the sum of %j is that of the published vectors', (text, sum) => {
  expect(fnv1a(text)).toBe(sum);
});
