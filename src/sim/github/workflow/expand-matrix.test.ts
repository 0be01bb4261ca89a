import { describe, expect, it } from 'vitest';
import { type Combination, expandMatrix } from './expand-matrix.ts';

function combinations(matrix: unknown): readonly Combination[] {
  const expansion = expandMatrix(matrix);
  if (!expansion.ok) throw new Error(expansion.problem);
  return expansion.combinations;
}

describe('a matrix', () => {
  it('is the product of its axes, in their order', () => {
    expect(combinations({ a: [1, 2], b: ['x', 'y'] })).toEqual([
      { a: 1, b: 'x' },
      { a: 1, b: 'y' },
      { a: 2, b: 'x' },
      { a: 2, b: 'y' },
    ]);
  });

  it('loses what exclude matches in part', () => {
    expect(combinations({ a: [1, 2], b: ['x', 'y'], exclude: [{ a: 1 }, { a: 2, b: 'y' }] })).toEqual([
      { a: 2, b: 'x' },
    ]);
  });

  // GitHub docs, "Example: expanding configurations": the example of its own.
  it('is extended by include as the documentation shows', () => {
    const matrix = {
      fruit: ['apple', 'pear'],
      animal: ['cat', 'dog'],
      include: [
        { color: 'green' },
        { color: 'pink', animal: 'cat' },
        { fruit: 'apple', shape: 'circle' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    };
    expect(combinations(matrix)).toEqual([
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ]);
  });

  it('may be made of include alone', () => {
    expect(combinations({ include: [{ a: 1 }, { a: 2 }] })).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it.each([
    [{ a: [] }, 'does not contain any values'],
    [{ a: 'x' }, 'must be a list'],
    [{ a: Array.from({ length: 257 }, (_, n) => n) }, 'the most is 256'],
    ['x', 'must be a mapping'],
  ])('%j is refused', (matrix, problem) => {
    const expansion = expandMatrix(matrix);
    expect(expansion.ok ? '' : expansion.problem).toContain(problem);
  });
});
