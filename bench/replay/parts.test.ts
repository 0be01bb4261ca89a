import { describe, expect, test } from 'vitest';
import { partsOf } from './parts.ts';

const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
  id,
  callFrame: { functionName, url },
  children,
});

const nodes = [
  node(1, '(root)', '', [2, 4, 5, 6]),
  node(2, 'applyToVm', 'file:///x/src/control-plane/apply.ts', [3]),
  node(3, 'parse', 'file:///x/node_modules/zod/core.js'),
  node(4, '(garbage collector)', ''),
  node(5, 'toString', 'node:buffer'),
  node(6, '(idle)', ''),
];

describe('the parts of a profile', () => {
  test('are told by where a file lies; the largest comes first', () => {
    const parts = partsOf({ nodes, samples: [2, 4, 2], timeDeltas: [20, 30, 50] });
    expect(Object.entries(parts)).toEqual([
      ['control plane', 0.7],
      ['garbage', 0.3],
    ]);
  });

  test('bear what a library did for them', () => {
    expect(partsOf({ nodes, samples: [3], timeDeltas: [10] })).toEqual({ 'control plane': 1 });
  });

  test('do not count the time in which nothing was done', () => {
    expect(partsOf({ nodes, samples: [5, 6], timeDeltas: [10, 90] })).toEqual({ 'Node itself': 1 });
  });
});
