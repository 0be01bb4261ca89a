import { expect, it } from 'vitest';
import { nextCursor } from './next-cursor.ts';

const page = 'https://api.github.com/app/hook/deliveries?per_page=100';

it('finds where a list by cursor goes on', () => {
  expect(nextCursor(`<${page}&cursor=v1_12>; rel="next"`)).toBe('v1_12');
  expect(nextCursor(`<${page}>; rel="first", <${page}&cursor=v1_3>; rel="next"`)).toBe('v1_3');
});

it.each([
  undefined,
  '',
  `<${page}&cursor=v1_12>; rel="prev"`,
  '<nonsense>; rel="next"',
  `<${page}>; rel="next"`,
])('finds nothing where it ends: %s', (link) => expect(nextCursor(link)).toBeUndefined());
