import { describe, expect, it } from 'vitest';
import { blockNames, replaceBlock } from './block.ts';

const page = 'Before.\n\n<!-- generated:table -->\nold\n<!-- /generated -->\n\nAfter.\n';

describe('a generated block', () => {
  it('is replaced, and what stands around it is kept', () => {
    expect(replaceBlock(page, 'table', 'new\n', 'a.md')).toBe(
      'Before.\n\n<!-- generated:table -->\n\nnew\n\n<!-- /generated -->\n\nAfter.\n',
    );
  });

  it('does not change when it is generated again', () => {
    const once = replaceBlock(page, 'table', 'new $& $1', 'a.md');
    expect(replaceBlock(once, 'table', 'new $& $1', 'a.md')).toBe(once);
  });

  it('must be there, once, and have an end', () => {
    expect(() => replaceBlock(page, 'other', 'x', 'a.md')).toThrow('a.md: wants one block');
    expect(() => replaceBlock(page + page, 'table', 'x', 'a.md')).toThrow('wants one block');
    expect(() => replaceBlock('<!-- generated:table --> old', 'table', 'x', 'a.md')).toThrow(
      'wants one block',
    );
  });

  it('is found by name', () => {
    expect(blockNames(page)).toEqual(['table']);
  });
});
