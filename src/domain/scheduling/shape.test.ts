import { expect, it } from 'vitest';
import { vcpusOf } from './shape.ts';

it('a guest sees whole processors, one at least', () => {
  expect([250, 1000, 1001, 4000].map((milliCpus) => vcpusOf({ milliCpus }))).toEqual([1, 1, 2, 4]);
});
