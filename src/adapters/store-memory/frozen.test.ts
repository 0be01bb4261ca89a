import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frozenCopy } from './frozen.ts';

describe('a frozen copy', () => {
  test.prop([fc.jsonValue()])('is what a database would give back', (value) => {
    expect(JSON.stringify(frozenCopy(value))).toBe(JSON.stringify(value));
  });

  it('lacks what is undefined, however deep', () => {
    const copy = frozenCopy({ a: undefined, b: { c: undefined, d: [{ e: undefined }] } });
    expect(Object.keys(copy)).toEqual(['b']);
    expect(Object.keys(copy.b)).toEqual(['d']);
    expect(copy).toStrictEqual({ b: { d: [{}] } });
  });

  it('cannot be changed, and does not follow what it was made from', () => {
    const made = { list: [{ n: 1 }] };
    const copy = frozenCopy(made);
    made.list.push({ n: 2 });
    expect(copy).toEqual({ list: [{ n: 1 }] });
    expect(() => copy.list.push({ n: 3 })).toThrow(TypeError);
    expect(() => Object.assign(copy.list[0] ?? {}, { n: 4 })).toThrow(TypeError);
  });

  it('shares what was copied before', () => {
    const first = frozenCopy({ name: 'one', labels: ['x'] });
    expect(frozenCopy({ ...first, name: 'two' }).labels).toBe(first.labels);
  });

  it('refuses what would come back as something else', () => {
    expect(() => frozenCopy({ at: new Date(0) })).toThrow('bug: what is stored is JSON');
    expect(() => frozenCopy({ seen: new Map() })).toThrow('bug: what is stored is JSON');
  });
});
